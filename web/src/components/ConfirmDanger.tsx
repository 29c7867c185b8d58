/**
 * Before something is destroyed: what will happen, to how many, and the name typed by hand.
 *
 *   <ConfirmDanger open={asking} name={cluster} title={t("remove.title", { name: cluster })}
 *     verb={t("remove.verb")} consequences={[t("remove.bindings", { count: 3 }), ...]}
 *     run={() => api("DELETE /clusters/{name}", { path: { name: cluster } })} done={...} close={...} />
 *
 * The dialog stays open with the problem when the server refuses.
 */
import { Form, Input, Modal } from "antd";
import { type ReactNode, useRef, useState } from "react";
import { useTranslation } from "~/i18n/react";
import { focusFirst } from "~/lib/focusFirst";
import { useSubmit } from "~/lib/useSubmit";
import { CopyName } from "./CopyName";
import { Problem } from "./Problem";

interface Props {
  open: boolean;
  /** What has to be typed. */
  name: string;
  title: ReactNode;
  /** The word on the button, e.g. "Remove cluster". */
  verb: string;
  consequences: readonly ReactNode[];
  run: () => Promise<unknown>;
  done?: () => void;
  close: () => void;
}

export function ConfirmDanger(props: Props) {
  return props.open ? <Asking {...props} /> : null;
}

function Asking({ name, title, verb, consequences, run, done, close }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const { busy, error, submit } = useSubmit();
  const fields = useRef<HTMLDivElement>(null);
  const matches = typed.trim() === name;
  const go = () => {
    if (!matches) return;
    return submit(async () => {
      await run();
      close();
      done?.();
    });
  };
  return (
    <Modal
      open
      title={title}
      okText={verb}
      okButtonProps={{ danger: true, disabled: !matches, loading: busy }}
      cancelText={t("action.cancel")}
      onOk={go}
      onCancel={close}
      afterOpenChange={() => focusFirst(fields.current)}
    >
      <div className="stack" ref={fields}>
        <ul className="stack tight" style={{ listStyle: "disc", paddingInlineStart: 20 }}>
          {consequences.map((one, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list does not change while it is read
            <li key={index}>{one}</li>
          ))}
        </ul>
        <Form layout="vertical" onFinish={go}>
          <Form.Item
            label={
              <span>
                {t("danger.type")} <CopyName name={name} />
              </span>
            }
            style={{ marginBottom: 0 }}
          >
            <Input
              autoComplete="off"
              spellCheck={false}
              aria-label={t("danger.label", { name })}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          </Form.Item>
        </Form>
        <Problem error={error} />
      </div>
    </Modal>
  );
}
