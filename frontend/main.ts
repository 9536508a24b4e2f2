// The page is complete without this file. Islands improve what is already there, and load only when asked.
import "./styles/portal.css";
import { offerMap } from "./islands/map";

for (const element of document.querySelectorAll<HTMLElement>("[data-map]")) offerMap(element);
