import Figures

/// The style sheet of the page.
enum ReportStyle {
  static let text = """

    :root{color-scheme:light;\(StyleSheet.variables(isDark: false))--page:#f4f6f8}
    @media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;\(StyleSheet.variables(isDark: true))--page:#0e1216}}
    :root[data-theme=dark]{color-scheme:dark;\(StyleSheet.variables(isDark: true))--page:#0e1216}
    *{box-sizing:border-box}
    html{scroll-behavior:smooth}
    @media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
    body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
    main,.top,footer{max-width:1320px;margin:0 auto;padding:0 16px}
    .top{display:flex;flex-wrap:wrap;gap:4px 14px;align-items:baseline;padding-top:18px}
    .brand{font-weight:700;font-size:18px;letter-spacing:-.01em;text-decoration:none;color:var(--text)}
    .theme{margin-left:auto}
    h1{font-size:27px;line-height:1.2;letter-spacing:-.015em;margin:22px 0 14px;overflow-wrap:anywhere}
    h2{font-size:18px;margin:0 0 10px}
    h3{font-size:14px;margin:18px 0 6px;color:var(--muted)}
    a{color:var(--blue);text-decoration-thickness:1px;text-underline-offset:2px}
    .card{background:var(--ground);border:1px solid var(--grid);border-radius:10px;padding:18px;margin:0 0 16px}
    .n{color:var(--muted)}
    .path{margin:0 0 12px;overflow-wrap:anywhere}
    .facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(140px,1fr));gap:14px 18px;margin:0}
    .facts dt{color:var(--muted);font-size:13px}
    .facts dd{margin:0;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
    details{margin:12px 0 0}
    summary{cursor:pointer;overflow-wrap:anywhere}
    ul.plain,ul.findings{margin:8px 0 0;padding-left:20px;overflow-wrap:anywhere}
    ul.findings li{margin:0 0 6px}
    ul.findings details{display:inline-block;vertical-align:top;margin:0;max-width:100%}
    .mark{color:var(--vermilion)}
    .figures{display:flex;flex-wrap:wrap;gap:18px}
    figure{margin:0;min-width:0;flex:1 1 min(380px,100%);max-width:640px}
    figure:first-child:nth-last-child(4),figure:first-child:nth-last-child(4)~figure{flex-basis:max(min(380px,100%),calc(50% - 9px))}
    figure:last-child:nth-child(3n+7){max-width:max(min(380px,100%),calc(33.3% - 12px))}
    figure svg{display:block;width:100%;height:auto}
    .shared{position:absolute;width:0;height:0;overflow:hidden}
    .words{margin:14px 0 12px;font-size:13px}
    button,input,select{font:inherit;font-size:13px;color:var(--text);background:var(--ground);border:1px solid var(--gray);border-radius:6px;padding:3px 9px}
    button{cursor:pointer}
    .save{margin:2px 8px 0;font-size:12px;color:var(--muted)}
    a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,summary:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
    .filter{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:center;margin:0 0 12px}
    [hidden]{display:none!important}
    .scroll{overflow-x:auto;margin:0 -18px;padding:0 18px}
    table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums;width:100%}
    th,td{padding:5px 7px;text-align:left;border-bottom:1px solid var(--grid);white-space:nowrap}
    .layers td.n:last-child{white-space:normal;min-width:130px}
    .layers br+.n{font-size:12px}
    tr:target{background:var(--page)}
    td[data-v],.r{text-align:right}
    thead th{color:var(--muted);font-weight:600;vertical-align:bottom}
    tbody th{font-weight:500;white-space:normal;overflow-wrap:anywhere;min-width:120px;max-width:340px}
    tbody tr.link{cursor:pointer}
    tbody tr.link:hover td,tbody tr.link:hover th{background:var(--page)}
    .sort button{border:0;padding:0;font-weight:600;color:var(--muted);background:none}
    th[aria-sort] .sort button{color:var(--text)}
    th[aria-sort=ascending] .sort button::after{content:" ↑"}
    th[aria-sort=descending] .sort button::after{content:" ↓"}
    .help{font-weight:400;font-size:12px;text-decoration:none}
    .phase{display:inline-flex;align-items:center;gap:6px;white-space:nowrap;font-size:12.5px}
    .phase i{width:10px;height:10px;border-radius:3px;flex:none}
    \(Ink.allCases.map { ".i-\($0.rawValue){background:var(--\($0.rawValue))}" }.joined())
    .layer{border-top:1px solid var(--grid);margin:0;padding:9px 0}
    .layer[open]{padding-bottom:22px}
    .layer .figures{margin-top:14px}
    .figures+.scroll{margin-top:14px}
    .terms{margin:0}
    .terms div{padding:8px 0;border-top:1px solid var(--grid)}
    .terms div:target,.layer:target>summary{background:var(--page);outline:6px solid var(--page)}
    .terms dt{overflow-wrap:anywhere}
    .terms dd{margin:2px 0 0;max-width:92ch}
    .terms dd span{display:block}
    code,.formula{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.9em;overflow-wrap:anywhere}
    footer{padding:6px 16px 40px;font-size:13px;overflow-wrap:anywhere}
    @media (max-width:600px){body{font-size:14.5px}.card{padding:14px 12px;border-radius:8px}.scroll{margin:0 -12px;padding:0 12px}main,.top,footer{padding-left:8px;padding-right:8px}h1{font-size:22px}}
    @media print{.card{break-inside:avoid}}
    \(StyleSheet.page)
    """
}
