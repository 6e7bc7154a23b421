public import Analysis

/// A column of the report: GRDB has columns too.
public typealias LayerColumn = Analysis.Column
