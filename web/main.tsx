import "@fontsource-variable/inter/wght.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/frame.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { Console } from "./frame/console.tsx";
import { Toasts } from "./parts/toast.tsx";
import { Gate } from "./session/gate.tsx";

/** An answer stays shown while a newer one is asked for; what is refused is not asked again. */
const client = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, thrown) => count < 3 && (thrown as { retryable?: boolean }).retryable === true,
      staleTime: 5_000,
      placeholderData: (earlier: unknown) => earlier,
    },
  },
});

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <Router base="/console">
        <Gate>
          <Console />
        </Gate>
      </Router>
      <Toasts />
    </QueryClientProvider>
  </StrictMode>,
);
