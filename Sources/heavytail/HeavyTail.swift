import ArgumentParser

@main
struct HeavyTail: ParsableCommand {}
