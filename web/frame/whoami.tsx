import { useSession } from "../session/use-session.ts";

/** Who is looking, and in which role. */
export const Whoami = () => {
  const { name, role } = useSession();
  return (
    <span className="nowrap wide" title={name}>
      {role ?? ""}
    </span>
  );
};
