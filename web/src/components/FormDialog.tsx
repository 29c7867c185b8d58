/**
 * A dialog that asks for something and sends it. It closes once that is done, else it stays open with the problem.
 *
 *   <FormDialog title={t("add.title")} verb={t("add.verb")} initial={{ role: "viewer" }} close={close}
 *     save={({ name, role }: Given) => api("PUT /things/{name}", { path: { name }, body: { role } })}>
 *     <Form.Item name="name" label={t("add.name")}>...</Form.Item>
 *   </FormDialog>
 *
 * `form` is given only by who looks at what is typed (`Form.useWatch`). Before something is destroyed: `ConfirmDanger`.
 */
import { Form, type FormInstance, Modal } from "antd";
import { type ReactNode, useRef } from "react";
import { useTranslation } from "~/i18n/react";
import { focusFirst } from "~/lib/focusFirst";
import { useSubmit } from "~/lib/useSubmit";
import { Problem } from "./Problem";

interface Props<Given> {
  title: ReactNode;
  /** The word on the button, e.g. "Add member". */
  verb: string;
  form?: FormInstance<Given>;
  initial?: Partial<Given>;
  save: (given: Given) => Promise<unknown>;
  close: () => void;
  width?: number;
  children: ReactNode;
}

export function FormDialog<Given>({ title, verb, form: given, initial, save, close, width, children }: Props<Given>) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Given>(given);
  const { busy, error, submit } = useSubmit();
  const fields = useRef<HTMLDivElement>(null);
  const go = (typed: Given) =>
    submit(async () => {
      await save(typed);
      close();
    });
  return (
    <Modal
      open
      title={title}
      okText={verb}
      okButtonProps={{ loading: busy }}
      cancelText={t("action.cancel")}
      onOk={form.submit}
      onCancel={close}
      afterOpenChange={() => focusFirst(fields.current)}
      {...(width && { width })}
    >
      <div ref={fields}>
        <Form<Given>
          form={form}
          layout="vertical"
          requiredMark={false}
          {...(initial && { initialValues: initial })}
          onFinish={go}
        >
          {children}
          <button type="submit" hidden />
        </Form>
        <Problem error={error} />
      </div>
    </Modal>
  );
}
