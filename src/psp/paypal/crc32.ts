/** CRC-32 as zip and PNG have it (`zlib.crc32` came with Node 20.15, later than the oldest Node that this runs on). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffff_ffff) >>> 0;
}

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let entry = index;
  for (let bit = 0; bit < 8; bit += 1) entry = entry & 1 ? 0xedb8_8320 ^ (entry >>> 1) : entry >>> 1;
  return entry;
});
