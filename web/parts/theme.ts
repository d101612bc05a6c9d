export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

/** What was chosen in this browser. */
export const chosenTheme = (): Theme =>
  themes.find((one) => one === document.documentElement.dataset.choice) ?? "system";

/** Light, dark, or as the system has it; kept in this browser. theme.js shows what is chosen. */
export const setTheme = (theme: Theme): void => {
  document.documentElement.dataset.choice = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // A browser that keeps nothing shows it until the page is left.
  }
};
