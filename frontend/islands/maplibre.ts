import { type GeoJSONSource, LngLatBounds, Map as MapLibre, NavigationControl, Popup, setWorkerUrl } from "maplibre-gl";
import { follow } from "./live";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "maplibre-gl/dist/maplibre-gl.css";

type Shapes = { features: { properties: Record<string, unknown>; geometry: { coordinates: unknown } }[] };

setWorkerUrl(workerUrl);

export function drawMap(box: HTMLElement, shapes: Shapes, label: string, points: string, live: string): void {
  const map = new MapLibre({
    container: box,
    style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#ffffff" } }] },
    bounds: extent(shapes),
    fitBoundsOptions: { padding: 20 },
    attributionControl: false,
  });
  map.getCanvas().setAttribute("aria-label", label);
  map.addControl(new NavigationControl({ showCompass: false }));
  map.on("load", () => {
    map.addSource("districts", { type: "geojson", data: shapes as never });
    map.addLayer({ id: "areas", type: "fill", source: "districts", paint: { "fill-color": "#B9D6EA", "fill-opacity": 0.7 } });
    map.addLayer({ id: "borders", type: "line", source: "districts", paint: { "line-color": "#114B7A", "line-width": 1.2 } });
    if (points) void drawPoints(map, points, live);
    map.on("click", "areas", (event) => {
      if (points && map.queryRenderedFeatures(event.point, { layers: ["points"] }).length) return;
      const facts = event.features?.[0]?.properties ?? {};
      new Popup().setLngLat(event.lngLat).setText(String(facts["name"] ?? Object.values(facts)[0] ?? "")).addTo(map);
    });
  });
}

function extent(shapes: Shapes): LngLatBounds {
  const bounds = new LngLatBounds();
  const walk = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === "number") bounds.extend([part[0] as number, part[1] as number]);
    else part.forEach(walk);
  };
  for (const feature of shapes.features) walk(feature.geometry?.coordinates);
  return bounds;
}

/** What is measured now: values that are not to be trusted are grey; new ones are fetched when they are there. */
async function drawPoints(map: MapLibre, points: string, live: string): Promise<void> {
  map.addSource("points", { type: "geojson", data: await placed(points) });
  const sure = ["==", ["get", "trust"], "ok"] as never;
  map.addLayer({
    id: "points",
    type: "circle",
    source: "points",
    paint: {
      "circle-radius": 8,
      "circle-color": ["case", sure, "#155A91", "#E4E7E6"],
      "circle-stroke-color": "#3D4B48",
      "circle-stroke-width": 1.5,
    },
  });
  map.on("click", "points", (event) => {
    const facts = event.features?.[0]?.properties ?? {};
    new Popup().setLngLat(event.lngLat).setDOMContent(leadTo(facts)).addTo(map);
  });
  let waiting = false;
  follow(live, () => {
    if (waiting) return;
    waiting = true;
    setTimeout(async () => {
      waiting = false;
      (map.getSource("points") as GeoJSONSource | undefined)?.setData(await placed(points));
    }, 2_000);
  });
}

async function placed(address: string): Promise<never> {
  const found = (await (await fetch(address)).json()) as { features: { geometry: unknown }[] };
  return { ...found, features: found.features.filter((feature) => feature.geometry) } as never;
}

function leadTo(facts: Record<string, unknown>): HTMLElement {
  const link = document.createElement("a");
  link.href = (document.documentElement.lang === "en" ? "/en" : "") + String(facts["page"]);
  const value = typeof facts["value"] === "number" ? new Intl.NumberFormat(document.documentElement.lang).format(facts["value"]) : "–";
  link.textContent = `${String(facts["thing"])}: ${value} ${String(facts["unit"] ?? "")}`;
  return link;
}
