// Large files in pieces: a broken line goes on where it stopped, also after the page was closed. Without this the form
// sends the whole file at once, as it always did.

type State = { upload: string; offset: number; size: number; piece: number; address: string; problem?: string };

const LARGE = 5_000_000;
const WAITS = [1, 2, 5, 10, 30, 60]; // seconds between tries

export function offerPieces(form: HTMLFormElement): void {
  form.addEventListener("submit", (event) => {
    const file = form.querySelector<HTMLInputElement>('input[type="file"]')?.files?.[0];
    if (!file || file.size < LARGE) return;
    event.preventDefault();
    void send(form, file);
  });
}

async function send(form: HTMLFormElement, file: File): Promise<void> {
  const said = form.querySelector<HTMLElement>("[data-said]");
  const button = form.querySelector<HTMLButtonElement>("button");
  if (button) button.disabled = true;
  try {
    location.assign(await pieces(form, file, (done) => say(said, form.dataset.sending ?? "", done)));
  } catch (fault) {
    if (said) said.textContent = fault instanceof Error ? fault.message : String(fault);
    if (button) button.disabled = false;
  }
}

function say(place: HTMLElement | null, words: string, share: number): void {
  if (place) place.textContent = `${words} ${Math.floor(share * 100)} %`;
}

/** Sends what is missing, and gives the address of the entry that was begun. */
async function pieces(form: HTMLFormElement, file: File, told: (share: number) => void): Promise<string> {
  const known = `upload:${file.name}:${file.size}:${file.lastModified}`;
  const base = form.dataset.pieces ?? "";
  let state = await begin(form, file, base, known);
  for (let tries = 0; ; ) {
    told(state.offset / file.size);
    const piece = file.slice(state.offset, state.offset + state.piece);
    const answer = await ask(`${base}/${state.upload}`, form, "PATCH", piece, { "upload-offset": String(state.offset) });
    if (answer?.ok) {
      state = (await answer.json()) as State;
      tries = 0;
      if (state.address) {
        localStorage.removeItem(known);
        return state.address;
      }
    } else if (answer && answer.status !== 409 && answer.status < 500) {
      localStorage.removeItem(known);
      throw new Error(((await answer.json()) as State).problem ?? answer.statusText);
    } else {
      if (tries >= WAITS.length * 10) throw new Error(answer ? ((await answer.json()) as State).problem : form.dataset.broken);
      await new Promise((go) => setTimeout(go, 1000 * (WAITS[Math.min(tries++, WAITS.length - 1)] ?? 60)));
      const now = await ask(`${base}/${state.upload}`, form, "GET");
      if (now?.ok) state = (await now.json()) as State;
    }
  }
}

async function begin(form: HTMLFormElement, file: File, base: string, known: string): Promise<State> {
  const before = localStorage.getItem(known);
  const found = before ? await ask(`${base}/${before}`, form, "GET") : undefined;
  if (found?.ok) return (await found.json()) as State;
  const body = new URLSearchParams({ name: file.name, size: String(file.size), department: value(form, "department") });
  const answer = await ask(base, form, "POST", body);
  if (!answer) throw new Error(form.dataset.broken);
  const state = (await answer.json()) as State;
  if (!answer.ok) throw new Error(state.problem);
  localStorage.setItem(known, state.upload);
  return state;
}

/** The answer; undefined when the line is broken. */
async function ask(
  address: string, form: HTMLFormElement, method: string, body?: BodyInit, headers: Record<string, string> = {},
): Promise<Response | undefined> {
  try {
    return await fetch(address, { method, body, headers: { "x-csrf": value(form, "csrf"), ...headers }, redirect: "error" });
  } catch {
    return undefined;
  }
}

function value(form: HTMLFormElement, name: string): string {
  return String(new FormData(form).get(name) ?? "");
}
