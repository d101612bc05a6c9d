import { useEffect, useState } from "react";
import type { FoundAnswer } from "../../src/serve/messages/search.ts";
import { withQuery } from "../api/ask.ts";
import { useAnswer } from "../api/use-answer.ts";

const restMs = 150;

/** What the API finds under a text, once nobody has typed for a moment. */
export const useFound = (text: string): FoundAnswer["found"] => {
  const [asked, setAsked] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), restMs);
    return () => clearTimeout(timer);
  }, [text]);
  const { data } = useAnswer<FoundAnswer>(asked === "" ? null : withQuery("/search", { q: asked }));
  return asked === "" ? [] : (data?.found ?? []);
};
