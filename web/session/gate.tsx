import { useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { Redirect, useLocation } from "wouter";
import type { SessionAnswer } from "../../src/serve/messages/session.ts";
import { whenSignedOut } from "../api/ask.ts";
import { useAnswer } from "../api/use-answer.ts";
import { Fault, Skeleton } from "../parts/states.tsx";

const SignIn = lazy(() => import("../pages/sign-in/sign-in.tsx"));
const ownPage = "/sign-in";

/**
 * Shows what is inside to whoever is signed in, and to others how to sign in, in its place: the URL
 * stays, so that what was asked for is there afterwards.
 */
export const Gate = ({ children }: { children: ReactNode }) => {
  const client = useQueryClient();
  const [path] = useLocation();
  const [out, setOut] = useState(false);
  const { data, fault, again } = useAnswer<SessionAnswer>("/session");
  useEffect(() => {
    whenSignedOut(() => setOut(true));
    return () => whenSignedOut(() => {});
  }, []);
  const come = () => {
    // What somebody else was shown may be more than this person may see.
    client.clear();
    setOut(false);
    again();
  };
  if (out || fault?.status === 401)
    return (
      <Suspense fallback={<Skeleton rows={6} />}>
        <SignIn onCome={come} />
      </Suspense>
    );
  if (data && path === ownPage) return <Redirect to="/" replace />;
  if (data) return children;
  if (fault)
    return (
      <main className="screen">
        <h1>Bellwether</h1>
        <Fault fault={fault} again={again} />
      </main>
    );
  return <Skeleton rows={6} />;
};
