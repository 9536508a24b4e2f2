// As ChirpStack v3 wanted it, in the older language.
function Decode(fPort, bytes, variables) {
  var decoded = {};
  decoded.level = bytes[0] * 256 + bytes[1];
  decoded.port = fPort;
  decoded.scale = variables.scale;
  return decoded;
}
