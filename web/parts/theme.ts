/** Light, dark, or as the system has it; kept in this browser, where theme.js reads it first. */
export const setTheme = (theme: "light" | "dark" | "system"): void => {
  const { dataset } = document.documentElement;
  if (theme === "system") delete dataset.theme;
  else dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // A browser that keeps nothing shows it until the page is left.
  }
};
