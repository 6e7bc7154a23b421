/// Where a layer's random numbers begin: each layer has its own, whatever else is analysed.
func layerSeed(_ seed: UInt64, _ name: String) -> UInt64 {
  // FNV-1a.
  seed ^ name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}
