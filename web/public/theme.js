// Before the first paint, so that nobody sees the other theme flash by; and whenever the choice or
// the system's theme changes later.
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const kept = (() => {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
})();
const show = () => {
  const { choice } = root.dataset;
  const system = dark.matches ? "dark" : "light";
  root.dataset.theme = choice === "system" ? system : choice;
};
root.dataset.choice = kept === "light" || kept === "dark" ? kept : "system";
show();
dark.addEventListener("change", show);
new MutationObserver(show).observe(root, { attributeFilter: ["data-choice"] });
