import { DropdownMenu } from "radix-ui";
import { Command } from "../parts/states.tsx";
import { useSession } from "../session/use-session.ts";

/** The space that is shown. Another one has an API of its own, which a command starts. */
export const SpaceSwitch = () => {
  const { space } = useSession();
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className="button wide">{space} ▾</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="start" sideOffset={4}>
          <div className="panel-body" style={{ maxWidth: 320, display: "grid", gap: 8 }}>
            <p>
              This console shows the space <b>{space}</b>. Imports and replays have a space of their
              own; see one by starting its API, which prints its address:
            </p>
            <Command text="./bellwether run api --space berka" />
          </div>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
};
