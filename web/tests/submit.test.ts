import { describe, expect, test } from "vitest";
import { submitting } from "~/lib/useSubmit";

function watched() {
  const shown: { busy: boolean; error: unknown }[] = [];
  return { shown, submit: submitting((now) => shown.push(now)) };
}

describe("submitting", () => {
  test("is busy until it is done", async () => {
    const { shown, submit } = watched();
    let done = false;
    await submit(async () => {
      expect(shown).toEqual([{ busy: true, error: null }]);
      done = true;
    });
    expect(done).toBe(true);
    expect(shown).toEqual([
      { busy: true, error: null },
      { busy: false, error: null },
    ]);
  });

  test("a second one is ignored while the first is under way, and taken after it", async () => {
    const { shown, submit } = watched();
    let finish = () => {};
    const first = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let second = 0;
    const under = submit(() => first);
    await submit(async () => second++);
    expect(second).toBe(0);
    expect(shown).toEqual([{ busy: true, error: null }]);
    finish();
    await under;
    await submit(async () => second++);
    expect(second).toBe(1);
  });

  test("why it failed stays until the next try", async () => {
    const { shown, submit } = watched();
    const why = new Error("refused");
    await submit(() => Promise.reject(why));
    expect(shown.at(-1)).toEqual({ busy: false, error: why });
    await submit(async () => expect(shown.at(-1)).toEqual({ busy: true, error: null }));
    expect(shown.at(-1)).toEqual({ busy: false, error: null });
  });

  test("what throws before it waits has failed like what is refused", async () => {
    const { shown, submit } = watched();
    await submit(() => {
      throw new TypeError("no such field");
    });
    expect(shown.at(-1)).toMatchObject({ busy: false, error: { message: "no such field" } });
  });
});
