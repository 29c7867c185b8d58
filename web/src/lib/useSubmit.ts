/**
 * Sending something to the server, one at a time: whether it is under way, and why it failed, until the next try.
 *
 *   const { busy, error, submit } = useSubmit();
 *   const save = (given: Given) =>
 *     submit(async () => {
 *       await api("PUT /things/{name}", { path: { name }, body: given });
 *       close();
 *     });
 *   <Button loading={busy} onClick={form.submit} /> <Problem error={error} />
 *
 * `submit` never fails, and does nothing while what was submitted before is under way. A dialog with a form is a
 * `FormDialog`, which has this in it; what is destroyed goes through `ConfirmDanger`, which has it too.
 */
import { useState } from "react";

interface Submission {
  busy: boolean;
  error: unknown;
}

export function useSubmit() {
  const [now, setNow] = useState<Submission>({ busy: false, error: null });
  const [submit] = useState(() => submitting(setNow));
  return { ...now, submit };
}

/** `submit` without a component: `show` is told how it stands. */
export function submitting(show: (now: Submission) => void) {
  let busy = false;
  return async (run: () => Promise<unknown>): Promise<void> => {
    if (busy) return;
    busy = true;
    show({ busy, error: null });
    let error: unknown = null;
    try {
      await run();
    } catch (caught) {
      error = caught;
    }
    busy = false;
    show({ busy, error });
  };
}
