import { ChevronDown } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { useLocation } from "wouter";
import { ask, type Refusal } from "../api/ask.ts";
import { chosenTheme, setTheme, type Theme, themes } from "../parts/theme.ts";
import { Time } from "../parts/time.tsx";
import { tell } from "../parts/toast.tsx";
import { useSession } from "../session/use-session.ts";

const themeNames = { system: "As the system has it", light: "Light", dark: "Dark" };

export const signOut = async (): Promise<void> => {
  try {
    await ask("/session", { method: "DELETE" });
    // A page anew forgets everything that this person was shown.
    window.location.reload();
  } catch (thrown) {
    tell((thrown as Refusal).message);
  }
};

const Themes = () => {
  const [theme, show] = useState(chosenTheme());
  const choose = (next: string) => {
    setTheme(next as Theme);
    show(next as Theme);
  };
  return (
    <DropdownMenu.RadioGroup value={theme} onValueChange={choose}>
      <DropdownMenu.Label className="menu-label">Theme</DropdownMenu.Label>
      {themes.map((one) => (
        <DropdownMenu.RadioItem
          key={one}
          value={one}
          className="menu-item"
          onSelect={(event) => event.preventDefault()}
        >
          {themeNames[one]}
          <DropdownMenu.ItemIndicator>
            <span className="soft">chosen</span>
          </DropdownMenu.ItemIndicator>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
};

/** Who is looking and in which role; behind it the theme, one's sessions, and the way out. */
export const Whoami = () => {
  const { name, role, expires_at } = useSession();
  const [, go] = useLocation();
  if (name === undefined) return null;
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className="button plain" aria-label={`You are ${name}, ${role}`}>
        <span className="nowrap">{role}</span>
        <ChevronDown size={14} aria-hidden="true" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={6} collisionPadding={8}>
          <DropdownMenu.Label className="menu-label">
            <b>{name}</b>
            <br />
            {role}
            {expires_at && (
              <>
                , signed in until <Time at={expires_at} as="clock" />
              </>
            )}
          </DropdownMenu.Label>
          <DropdownMenu.Separator className="menu-line" />
          <Themes />
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.Item className="menu-item" onSelect={() => go("/sessions")}>
            Sessions
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={() => void signOut()}>
            Sign out
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
};
