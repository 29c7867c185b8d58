/** The editor itself: CodeMirror, checked and completed by a schema. Loaded when it is needed; use `editor/index.tsx`. */
import {
  acceptCompletion,
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  completionKeymap,
  startCompletion,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, forceLinting, linter, lintGutter, nextDiagnostic } from "@codemirror/lint";
import { Compartment, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { TFunction } from "i18next";
import { useEffect, useRef } from "react";
import { useTranslation } from "~/i18n/react";
import { offers, placeAt } from "./complete";
import { read } from "./documents";
import type { EditorProps } from "./index";
import { validate } from "./validate";

const nonce = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce || "";

const look = EditorView.theme({
  "&": { backgroundColor: "var(--surface)", color: "var(--text)", fontSize: "13px", height: "100%" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflow: "auto" },
  ".cm-content": { caretColor: "var(--text)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--page)", color: "var(--muted)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 6%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 26%, transparent)",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    color: "var(--text)",
    border: "1px solid var(--line)",
    borderRadius: "6px",
  },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--onAccent)" },
  ".cm-completionDetail": { color: "inherit", opacity: "0.75" },
  ".cm-completionInfo": { maxWidth: "340px", padding: "8px 10px", fontFamily: "var(--font)" },
  ".cm-diagnostic": { fontFamily: "var(--font)", padding: "6px 10px", whiteSpace: "pre-wrap" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--unhealthy-mark)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--healthy-text)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--progressing-text)" },
  { tag: tags.comment, color: "var(--muted)" },
  { tag: [tags.meta, tags.punctuation, tags.separator], color: "var(--muted)" },
]);

export default function YamlEditor(props: EditorProps) {
  const { value, label, readOnly = false } = props;
  const { t, i18n } = useTranslation("editor");
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const locked = useRef(new Compartment());
  const latest = useRef({ ...props, t });
  latest.current = { ...props, t };
  // biome-ignore lint/correctness/useExhaustiveDependencies: made once per language; later values come through the effects below
  useEffect(() => {
    if (!host.current) return;
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          nonce ? EditorView.cspNonce.of(nonce) : [],
          EditorState.phrases.of({ Completions: t("completions") }),
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
          locked.current.of(EditorState.readOnly.of(readOnly)),
          lineNumbers(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          indentUnit.of("  "),
          closeBrackets(),
          yaml(),
          syntaxHighlighting(colours),
          look,
          autocompletion({ override: [(context) => complete(context, latest.current)], icons: false }),
          linter((found) => marks(found.state.doc.toString(), latest.current), { delay: 250 }),
          lintGutter(),
          keymap.of([
            { key: "Tab", run: acceptCompletion },
            { key: "F8", run: nextDiagnostic },
            ...completionKeymap,
            ...defaultKeymap,
            ...historyKeymap,
          ]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, [i18n.language]);
  useEffect(() => {
    const made = view.current;
    if (!made || made.state.doc.toString() === value) return;
    made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => {
    view.current?.dispatch({ effects: locked.current.reconfigure(EditorState.readOnly.of(readOnly)) });
  }, [readOnly]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the server found, and the schema, are checked against anew
  useEffect(() => {
    if (view.current) forceLinting(view.current);
  }, [props.problems, props.schema]);
  return <div className="yaml-editor" ref={host} />;
}

type Now = EditorProps & { t: TFunction<"editor"> };

function complete(context: CompletionContext, { schema, names = {}, t }: Now): CompletionResult | null {
  const text = context.state.doc.toString();
  const place = schema && placeAt(text, context.pos);
  if (!place || !schema) return null;
  if (!context.explicit && place.from === context.pos && place.kind === "key" && place.path.length === 0) return null;
  const options = offers(schema, place, names).map((offer): Completion => {
    const detail = offer.kind === "key" ? (offer.required ? t("required") : offer.detail) : offer.detail && t("usual");
    return {
      label: offer.label,
      detail,
      boost: offer.required ? 10 : 0,
      ...(offer.info && { info: offer.info }),
      apply: (view, _, from, to) => {
        view.dispatch({
          changes: { from, to, insert: offer.insert },
          selection: { anchor: from + offer.insert.length },
          userEvent: "input.complete",
        });
        // After a key its values follow at once.
        if (offer.kind === "key") setTimeout(() => startCompletion(view), 0);
      },
    };
  });
  return options.length ? { from: place.from, options, validFor: /^[\w.-]*$/ } : null;
}

function marks(text: string, { schema, problems = [], t }: Now): Diagnostic[] {
  const { documents, faults } = read(text);
  const end = text.length;
  const mark = (from: number, to: number, message: string): Diagnostic => ({
    from: Math.min(from, end),
    to: Math.min(Math.max(to, from), end),
    severity: "error",
    message,
  });
  const found = faults.map((fault) => mark(fault.from, fault.to, t("fault", { message: fault.message })));
  if (schema) {
    for (const document of documents) {
      for (const issue of validate(schema, document.value)) {
        const { from, to } = document.range(issue.path, issue.rule === "unknown");
        found.push(mark(from, to, t(`rule.${issue.rule}`, issue.params)));
      }
    }
  }
  const lines = text.split("\n");
  for (const problem of problems) {
    const index = Math.min(Math.max(problem.line, 1), lines.length) - 1;
    const from = lines.slice(0, index).reduce((sum, line) => sum + line.length + 1, 0);
    const line = lines[index] ?? "";
    const lead = line.length - line.trimStart().length;
    found.push(mark(from + lead, from + line.length, `${problem.field ? `${problem.field}: ` : ""}${problem.message}`));
  }
  return found;
}
