// Finds the script's function, calls it as its maker meant it, and gives JSON. Numbers that JSON does
// not know are marked, so that they are not taken for "no value".
(function (given) {
  const exported = (module && module.exports) || {};
  const named = (name, find) => {
    try {
      const found = find();
      return typeof found === "function" ? found : typeof exported[name] === "function" ? exported[name] : null;
    } catch (missing) {
      return typeof exported[name] === "function" ? exported[name] : null;
    }
  };
  const ways = [
    [named("decodeUplink", () => decodeUplink), (f) => f({ bytes: given.bytes, fPort: given.port, recvTime: new Date(), variables: given.variables })],
    [named("Decode", () => Decode), (f) => ({ data: f(given.port, given.bytes, given.variables) })],
    [named("Decoder", () => Decoder), (f) => ({ data: f(given.bytes, given.port) })],
  ];
  const way = ways.find(([found]) => found !== null);
  if (!way) return JSON.stringify({ fault: "no_function" });
  if (given.only_load) return JSON.stringify({ data: {} });
  const answer = way[1](way[0]);
  if (answer === null || typeof answer !== "object") return JSON.stringify({ fault: "no_values" });
  const told = (list) => (Array.isArray(list) ? list : list ? [list] : []).slice(0, 20).map(String);
  const mark = (name, value) =>
    typeof value === "number" && !Number.isFinite(value) ? { $number: String(value) } : typeof value === "bigint" ? Number(value) : value;
  return JSON.stringify({ data: answer.data, errors: told(answer.errors), warnings: told(answer.warnings) }, mark);
})
