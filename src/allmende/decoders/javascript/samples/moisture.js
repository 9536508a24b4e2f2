// An invented probe: temperature and moisture in big-endian hundredths, battery in tens of millivolts.
function decodeUplink(input) {
  if (input.fPort !== 2) return { errors: ["unknown port " + input.fPort] };
  if (input.bytes.length < 5) return { errors: ["too short"] };
  const i16 = (at) => ((input.bytes[at] << 24) >> 16) | input.bytes[at + 1];
  const battery = input.bytes[4] / 100;
  return {
    data: {
      soil: { temperature: i16(0) / 100, moisture: { value: i16(2) / 100, unit: "%" } },
      battery,
      ratio: input.bytes[4] === 0 ? 1 / 0 : 1,
      second: new Date().getUTCSeconds(),
    },
    warnings: battery < 1 ? ["battery is low"] : [],
  };
}
