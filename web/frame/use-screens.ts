import { type ScreenEntry, screens } from "../screens.ts";
import { useSession } from "../session/use-session.ts";

/** The screens that whoever looks is led to, in this space and with this role. */
export const useScreens = (): ScreenEntry[] => {
  const { simulated = false, may = [] } = useSession();
  return screens.filter(
    (screen) =>
      (simulated || !screen.simulated) &&
      (screen.needs === undefined || may.includes(screen.needs)),
  );
};
