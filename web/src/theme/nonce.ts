/**
 * The nonce of this page, which its content security policy asks of every style that a script adds. Ant Design passes
 * it on, but not everywhere: what measures scroll bars and what keeps the page from scrolling behind a dialog make
 * their styles without it. So each style element is given it as it is made.
 */
export const nonce = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "";

const create = document.createElement.bind(document) as (name: string, options?: ElementCreationOptions) => HTMLElement;

document.createElement = ((name: string, options?: ElementCreationOptions) => {
  const made = create(name, options);
  if (name === "style") made.nonce = nonce;
  return made;
}) as typeof document.createElement;
