// New values as they come in, on pages that are complete without: server-sent events from this server.

type Observation = { id: number; datastream: number; phenomenon_time: string; result: unknown; suspect: boolean };

const QUIET = 5_000; // a page is asked for again at most this often

export function follow(address: string, told: (found: Observation) => void): void {
  const source = new EventSource(address);
  source.addEventListener("observation", (event) => told(JSON.parse((event as MessageEvent<string>).data) as Observation));
  addEventListener("pagehide", () => source.close());
}

/** A table of newest values: each row names its series. */
export function followTable(table: HTMLTableElement): void {
  const zone = table.dataset.zone;
  follow(table.dataset.live ?? "", (found) => {
    const row = table.querySelector<HTMLTableRowElement>(`tr[data-series="${found.datastream}"]`);
    if (row && found.phenomenon_time >= (row.dataset.time ?? "")) show(row, found, zone);
  });
}

function show(row: HTMLTableRowElement, found: Observation, zone: string | undefined): void {
  const [valueCell, timeCell] = row.cells.length > 2 ? [row.cells[1], row.cells[2]] : [];
  const link = valueCell?.querySelector<HTMLAnchorElement>("a.zahl");
  if (!valueCell || !timeCell || !link) return;
  row.dataset.time = found.phenomenon_time;
  link.textContent = words(found.result, row.dataset.unit ?? "");
  link.href = link.href.replace(/\d+$/, String(found.id));
  link.classList.toggle("unsure", found.suspect);
  if (!found.suspect) valueCell.querySelector(".mark")?.remove();
  timeCell.textContent = moment(found.phenomenon_time, zone);
}

function words(result: unknown, unit: string): string {
  const language = document.documentElement.lang;
  if (typeof result !== "number") return typeof result === "string" ? result : JSON.stringify(result);
  const text = new Intl.NumberFormat(language, { maximumFractionDigits: 4 }).format(result).replace("-", "\u2212");
  return unit && unit !== "1" ? `${text}\u00a0${unit}` : text;
}

function moment(time: string, zone: string | undefined): string {
  const english = document.documentElement.lang === "en";
  const day: Intl.DateTimeFormatOptions = english
    ? { day: "numeric", month: "short", year: "numeric" }
    : { day: "2-digit", month: "2-digit", year: "numeric" };
  const format = new Intl.DateTimeFormat(english ? "en-GB" : "de", { ...day, hour: "2-digit", minute: "2-digit", timeZone: zone });
  return format.format(new Date(time));
}

/** A whole page about one series: when something new came it is fetched again, unless somebody is at work in it. */
export function followPage(page: HTMLElement): void {
  let waiting = false;
  follow(page.dataset.livePage ?? "", () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      void renew(page);
    }, QUIET);
  });
}

async function renew(page: HTMLElement): Promise<void> {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live-page]");
  for (const part of ["p.huge", "p.status", "figure.chart"]) {
    const [old, found] = [page.querySelector(part), fresh?.querySelector(part)];
    if (old && found && !old.contains(document.activeElement)) old.replaceWith(found);
  }
}
