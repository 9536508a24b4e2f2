// The page is complete without this file. Islands improve what is already there, and load only when asked.
import "./styles/portal.css";
import { followPage, followTable } from "./islands/live";
import { offerMap } from "./islands/map";
import { offerPieces } from "./islands/upload";

for (const element of document.querySelectorAll<HTMLElement>("[data-map]")) offerMap(element);
for (const table of document.querySelectorAll<HTMLTableElement>("table[data-live]")) followTable(table);
for (const page of document.querySelectorAll<HTMLElement>("[data-live-page]")) followPage(page);
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-pieces]")) offerPieces(form);
