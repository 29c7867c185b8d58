/**
 * YAML with completion and checking by a JSON Schema, as its own chunk that is loaded where it is first shown.
 *
 *   const schema = useQuery(manifestSchema());
 *   <Editor label={t("manifests")} value={text} onChange={setText} schema={schema.data} problems={problem.problems}
 *     names={{ team: ["orders"] }} />
 *
 * `problems`: what the server found wrong, by line; it stays until the next answer. The page that uses it names
 * `editor` among its namespaces in `pages.ts`.
 */
import { queryOptions } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { api } from "~/api/client";
import type { Detail } from "~/api/schema";
import { Loading } from "~/components/Loading";
import type { Names } from "./complete";
import type { Schema } from "./schema";
import "./editor.css";

export interface EditorProps {
  /** For screen readers. */
  label: string;
  value: string;
  onChange: (value: string) => void;
  schema?: Schema | undefined;
  problems?: readonly Detail[] | undefined;
  names?: Names | undefined;
  readOnly?: boolean | undefined;
}

const Loaded = lazy(() => import("./YamlEditor"));

export function Editor(props: EditorProps) {
  return (
    <div className="editor">
      <Suspense fallback={<Loading lines={8} />}>
        <Loaded {...props} />
      </Suspense>
    </div>
  );
}

/** The schema of any manifest; its descriptions are in the person's language. */
export const manifestSchema = (language: string) =>
  queryOptions({
    queryKey: ["schemas", language],
    queryFn: async ({ signal }) => (await api("GET /schemas", { signal })) as Schema,
    staleTime: Number.POSITIVE_INFINITY,
  });
