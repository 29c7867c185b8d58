/** Starts the application: words first, then the session, then the page that the address names. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter, RouterProvider } from "react-router";
import { configure } from "./api/client";
import { shouldRetry } from "./api/queries";
import { forget, session } from "./api/session";
import { initialLanguage, start } from "./i18n";
import { WordsProvider } from "./i18n/words";
import { routes } from "./routes";
import { Starting } from "./shell/Starting";
import { ThemeProvider } from "./theme";
import "./theme/base.css";

const client = new QueryClient({
  defaultOptions: {
    queries: { retry: shouldRetry, staleTime: 5_000, gcTime: 300_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});

async function run(): Promise<void> {
  configure({ signedOut: () => forget(client) });
  const words = start(initialLanguage());
  void client.prefetchQuery(session());
  const router = createBrowserRouter(routes);
  await words;
  const root = document.getElementById("root");
  if (!root) throw new Error("index.html has no #root");
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <WordsProvider>
          <ThemeProvider>
            <Starting>
              <RouterProvider router={router} />
            </Starting>
          </ThemeProvider>
        </WordsProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
}

void run();
