/** A part that one opens: its head is a button, and what is in it is drawn only while it is open. */
import { RightOutlined } from "@ant-design/icons";
import { type ReactNode, useId, useState } from "react";

interface Props {
  head: ReactNode;
  open?: boolean;
  className?: string;
  children: () => ReactNode;
}

export function Fold({ head, open = false, className = "", children }: Props) {
  const [shown, setShown] = useState(open);
  const id = useId();
  return (
    <div className={`fold ${className}`}>
      <button
        type="button"
        className="plain fold-head"
        aria-expanded={shown}
        aria-controls={shown ? id : undefined}
        onClick={() => setShown(!shown)}
      >
        <RightOutlined className="fold-arrow" rotate={shown ? 90 : 0} />
        {head}
      </button>
      {shown && (
        <div className="fold-body" id={id}>
          {children()}
        </div>
      )}
    </div>
  );
}
