/** 12,345; 0.75; with as many decimals as are said. */
export const count = (value: number, decimals = 0): string =>
  value.toLocaleString("en-GB", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });

/** 1,240.00 USD, with the decimals that the currency has. */
export const money = (amount: number, currency: string): string => {
  try {
    const format = new Intl.NumberFormat("en-GB", { style: "currency", currency });
    const { maximumFractionDigits } = format.resolvedOptions();
    return `${count(amount, maximumFractionDigits)} ${currency}`;
  } catch {
    return `${count(amount, 2)} ${currency}`;
  }
};

/** 31 %, from 0.31. */
export const percent = (share: number, decimals = 0): string => `${count(share * 100, decimals)} %`;

/** +0.61 or −0.18: a change always has its sign. */
export const signed = (value: number, decimals = 2): string =>
  `${value > 0 ? "+" : value < 0 ? "−" : "±"}${count(Math.abs(value), decimals)}`;

/** 1.4 kB, 3.1 MB. */
export const bytes = (size: number): string => {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const step = size < 1 ? 0 : Math.min(4, Math.floor(Math.log10(size) / 3));
  const value = size / 1_000 ** step;
  return `${count(value, step === 0 || value >= 100 ? 0 : 1)} ${units[step]}`;
};

/** A value, or that it is not known: never a zero or a dash in its place. */
export const Known = ({ value }: { value: string | number | null | undefined }) =>
  value === null || value === undefined ? (
    <span className="unknown">unknown</span>
  ) : typeof value === "number" ? (
    count(value)
  ) : (
    value
  );

/** Said beside any result that rests on simulated people. */
export const Simulated = () => <span className="tag">simulated</span>;
