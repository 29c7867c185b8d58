/** A step of the path: its number or tick, why it is there, what was done, and, when open, doing it. */
import { CheckOutlined } from "@ant-design/icons";
import { type ReactNode, useId } from "react";
import { useTranslation } from "~/i18n/react";

interface Props {
  number: number;
  title: string;
  why: string;
  state: "done" | "next" | "later";
  /** What was done. */
  done: ReactNode;
  open: boolean;
  show: () => void;
  children: ReactNode;
}

export function Step({ number, title, why, state, done, open, show, children }: Props) {
  const { t } = useTranslation("start");
  const id = useId();
  return (
    <li className={`card step step-${state}`} aria-current={state === "next" ? "step" : undefined}>
      <span className="step-mark" aria-hidden="true">
        {state === "done" ? <CheckOutlined /> : number}
      </span>
      <div className="step-words">
        <h2>
          <button type="button" className="plain" aria-expanded={open} aria-controls={`${id}-body`} onClick={show}>
            {title}
            <span className="visually-hidden">: {t(`state.${state}`)}</span>
          </button>
        </h2>
        {done ?? <p className="muted">{why}</p>}
        <div id={`${id}-body`} className="step-body" hidden={!open}>
          {open && children}
        </div>
      </div>
    </li>
  );
}
