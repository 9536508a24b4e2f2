// The movable map: MapLibre with the city's own shapes, loaded when the reader asks for it. No tiles, no other host.

export function offerMap(element: HTMLElement): void {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = element.dataset.label ?? "Map";
  button.addEventListener("click", () => void draw(element, button));
  element.append(" ", button);
}

async function draw(element: HTMLElement, button: HTMLButtonElement): Promise<void> {
  button.disabled = true;
  const [{ drawMap }, answer] = await Promise.all([import("./maplibre"), fetch(element.dataset.map ?? "")]);
  const points = element.dataset.points ?? "";
  const box = document.createElement("div");
  box.className = "movable";
  element.after(box);
  drawMap(box, await answer.json(), button.textContent ?? "", points, element.dataset.livePoints ?? "");
  button.remove();
}
