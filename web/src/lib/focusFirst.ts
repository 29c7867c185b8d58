/**
 * What a dialog does once it is open: its first field is typed into; without fields its first button is at hand. Not by
 * `autoFocus`, which does not hold without motion (prefers-reduced-motion): the library then takes the focus for the
 * dialog after the field had it.
 *
 *   <Modal afterOpenChange={() => focusFirst(fields.current)}>
 */
export function focusFirst(within: HTMLElement | null): void {
  if (!within) return;
  const active = document.activeElement;
  const typing = active instanceof HTMLInputElement || active instanceof HTMLTextAreaElement;
  if (typing && within.contains(active)) return;
  const first = within.querySelector<HTMLElement>("input:not([type=file]), textarea") ?? within.querySelector("button");
  first?.focus();
}
