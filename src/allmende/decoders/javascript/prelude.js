// What makers' payload formatters expect around them. A context lives for one call only, so a script
// that changes any of this harms nobody but itself. The clock is the moment of receipt and chance is
// fixed: the same bytes give the same values whenever they are decoded.
var exports = {};
var module = { exports: exports };
var console = { log() {}, info() {}, warn() {}, error() {}, debug() {} };
(function (now) {
  const Native = Date;
  Math.random = () => 0.5;
  globalThis.Date = new Proxy(Native, {
    construct: (target, given, wanted) => Reflect.construct(target, given.length ? given : [now], wanted === Date ? target : wanted),
    apply: () => new Native(now).toString(),
    get: (target, name) => (name === "now" ? () => now : Reflect.get(target, name)),
  });
})(Date.parse(RECEIVED));
