import { LngLatBounds, Map as MapLibre, NavigationControl, Popup, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "maplibre-gl/dist/maplibre-gl.css";

type Shapes = { features: { properties: Record<string, unknown>; geometry: { coordinates: unknown } }[] };

setWorkerUrl(workerUrl);

export function drawMap(box: HTMLElement, shapes: Shapes, label: string): void {
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
    map.on("click", "areas", (event) => {
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
