/** Style of every picture: paper and ink that follow the reader's colour scheme. */
export const PAPER =
  '.paper{fill:#fff}text{fill:#24292f}.note{fill:#57606a}@media(prefers-color-scheme:dark){.paper{fill:#0d1117}text{fill:#e6edf3}.note{fill:#9aa4af}}';

/** Text as it stands in XML, between tags or in an attribute. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
