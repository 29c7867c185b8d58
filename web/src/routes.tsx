/** The routes, from the list of pages: each with its words, its permission and what is shown when it fails. */
import type { RouteObject } from "react-router";
import { Loading } from "./components/Loading";
import { load } from "./i18n";
import { DOORS, modules, PAGES, type PageRoute } from "./pages";
import { Guard } from "./shell/Guard";
import { NotFound } from "./shell/NotFound";
import { RouteProblem } from "./shell/RouteProblem";
import { Shell } from "./shell/Shell";

function route({ path, page, permission, namespaces = [] }: PageRoute): RouteObject {
  const file = modules[`./pages/${page}/index.tsx`];
  if (!file) return { path, element: <NotFound /> };
  return {
    path,
    lazy: async () => {
      const [module] = await Promise.all([file(), load(page, ...namespaces)]);
      const Page = module.default;
      return {
        element: permission ? (
          <Guard permission={permission}>
            <Page />
          </Guard>
        ) : (
          <Page />
        ),
      };
    },
    errorElement: <RouteProblem />,
  };
}

const waiting = <Loading lines={6} />;

export const routes: RouteObject[] = [
  ...DOORS.map((door) => ({ ...route(door), hydrateFallbackElement: waiting })),
  {
    element: <Shell />,
    hydrateFallbackElement: waiting,
    errorElement: <RouteProblem />,
    children: [...PAGES.map(route), { path: "*", element: <NotFound /> }],
  },
];
