/** Decimal point positions up to which digits are written out, beyond which an exponent is used. Source: nlohmann json, `to_chars`. */
const MIN_EXPONENT = -4;
const MAX_EXPONENT = 15;

/**
 * Writes a finite double as Nix's JSON library does: the shortest digits that give it back, always with a fraction or an exponent, so that
 * reading does not make an integer of it.
 *
 * The library's digits (Grisu2) are one longer than the shortest for about one double in a thousand of those that need 17 digits; those
 * come out different here.
 */
export function formatDouble(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (value === 0) return `${sign}0.0`;
  const [mantissa, exponent] = Math.abs(value).toExponential().split("e");
  const digits = mantissa!.replace(".", "");
  const point = Number(exponent) + 1;
  return sign + place(digits, point);
}

/** @param point how many digits are before the decimal point. */
function place(digits: string, point: number): string {
  if (digits.length <= point && point <= MAX_EXPONENT) return `${digits.padEnd(point, "0")}.0`;
  if (point > 0 && point <= MAX_EXPONENT) return `${digits.slice(0, point)}.${digits.slice(point)}`;
  if (point > MIN_EXPONENT && point <= 0) return `0.${"0".repeat(-point)}${digits}`;
  const exponent = point - 1;
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  return `${digits[0]!}${fraction}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
