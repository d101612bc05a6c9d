/** Colours that users give, made fit for both themes: text on them keeps its contrast. */
type Rgb = readonly [number, number, number];

const light = { ink: "#1d2326", panel: "#ffffff" } as const;
const dark = { ink: "#e6e9ea", panel: "#1b2124" } as const;
const textContrast = 7;
const signContrast = 3;
const darkLightness = 0.17;

const rgbOf = (hex: string): Rgb => {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
};
const hexOf = (rgb: Rgb): string =>
  `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;

/** Relative luminance as WCAG 2 defines it. */
const luminance = (hex: string): number => {
  const [r, g, b] = rgbOf(hex).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

/** Contrast of two colours as WCAG 2 defines it: 1 to 21. */
export const contrast = (a: string, b: string): number => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};

const mixed = (color: string, share: number, into: string): string => {
  const [a, b] = [rgbOf(color), rgbOf(into)];
  const part = (at: 0 | 1 | 2) => a[at] * share + b[at] * (1 - share);
  return hexOf([part(0), part(1), part(2)]);
};

/** As much of the colour as `isFine` allows, at most `most`, the rest is `into`. */
const asMuch = (color: string, most: number, into: string, isFine: (c: string) => boolean) => {
  for (let share = most; share > 0; share -= 0.04) {
    const tried = mixed(color, share, into);
    if (isFine(tried)) return tried;
  }
  return into;
};

/** Hue in degrees, saturation and lightness from 0 to 1. */
const hslOf = (hex: string): Rgb => {
  const [r, g, b] = rgbOf(hex).map((part) => part / 255);
  const [low, high] = [Math.min(r, g, b), Math.max(r, g, b)];
  const range = high - low;
  const lightness = (low + high) / 2;
  if (range === 0) return [0, 0, lightness];
  const hue =
    high === r ? ((g - b) / range) % 6 : high === g ? (b - r) / range + 2 : (r - g) / range + 4;
  return [hue * 60, range / (1 - Math.abs(2 * lightness - 1)), lightness];
};
const fromHsl = ([hue, saturation, lightness]: Rgb): string => {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const part = (n: number) => {
    const k = (n + hue / 30 + 12) % 12;
    return (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))) * 255;
  };
  return hexOf([part(0), part(8), part(4)]);
};

/** The same hue as a dark ground; a grey stays grey. */
const darkened = (color: string): string => {
  const [hue, saturation] = hslOf(color);
  return fromHsl([hue, Math.min(0.27, saturation), darkLightness]);
};

export type Themed = { light: string; dark: string };

/** The ground of a lane: the colour itself in light, if text can be read on it; its hue in dark. */
export const laneGround = (color: string): Themed => ({
  light: asMuch(color, 1, light.panel, (c) => contrast(c, light.ink) >= textContrast),
  dark: asMuch(darkened(color), 1, dark.panel, (c) => contrast(c, dark.ink) >= textContrast),
});

/** A sign on a panel, such as an icon: the colour, darker or lighter where it would not be seen. */
export const signColour = (color: string): Themed => ({
  light: asMuch(color, 1, light.ink, (c) => contrast(c, light.panel) >= signContrast),
  dark: asMuch(color, 1, dark.ink, (c) => contrast(c, dark.panel) >= signContrast + 1.5),
});
