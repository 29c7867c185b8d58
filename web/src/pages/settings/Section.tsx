/** A part of the settings: a card with its heading. */
import { type ReactNode, useId } from "react";

interface Props {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}

export function Section({ title, about, actions, wide, children }: Props) {
  const id = useId();
  return (
    <section className={`card stack${wide ? " wide" : ""}`} aria-labelledby={id}>
      <div>
        <div className="row spread">
          <h2 id={id}>{title}</h2>
          {actions}
        </div>
        {about && <p className="muted">{about}</p>}
      </div>
      {children}
    </section>
  );
}
