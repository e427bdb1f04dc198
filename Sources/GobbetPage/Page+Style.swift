extension Page {
  /// The style of all pages: light and dark by what the reader's system asks for, light on paper.
  static let style: StaticString = """

    :root{--paper:#fff;--ink:#1b1b1f;--faint:#51515c;--line:#c9c9d2;--box:#f5f5f8;--link:#0a4fbf;
    --s0:#2f6fdb;--s1:#b3530f;--s2:#17794a;--s3:#8e3fb0;--t0:#cfe2ff;--t1:#ffe2b8;--t2:#d3f0d0;--t3:#f3d4ef;--mark:#9c1c1c}
    @media (prefers-color-scheme:dark){:root{--paper:#16161a;--ink:#ededf2;--faint:#b6b6c2;
    --line:#44444f;--box:#1f1f26;--link:#8ab4f8;--s0:#7ea8f5;--s1:#f0a35e;--s2:#6fcf97;
    --s3:#d59bf0;--t0:#1d3b66;--t1:#5a3d10;
    --t2:#1f4a25;--t3:#553052;--mark:#ff9c93}}
    @media print{:root{--paper:#fff;--ink:#000;--faint:#333;--line:#999;--box:#fff;--link:#000;
    --s0:#2f6fdb;--s1:#b3530f;--s2:#17794a;--s3:#8e3fb0;--t0:#cfe2ff;--t1:#ffe2b8;--t2:#d3f0d0;
    --t3:#f3d4ef;--mark:#9c1c1c}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:78rem;padding:1rem 1.5rem;background:var(--paper);color:var(--ink);
    font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere;-webkit-print-color-adjust:exact;print-color-adjust:exact}
    h1{font-size:1.6rem;margin:.5rem 0;overflow-wrap:anywhere}
    h2{font-size:1.25rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}
    h3{font-size:1rem;margin:1.2rem 0 .4rem}
    a{color:var(--link)}
    :focus-visible{outline:3px solid var(--link);outline-offset:2px}
    .skip{position:absolute;left:-99rem}.skip:focus{left:1rem;background:var(--paper);padding:.5rem}
    nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;padding:0;margin:.5rem 0}
    header p,footer,figcaption{color:var(--faint)}
    figure{margin:1rem 0}figcaption{font-weight:600;color:var(--ink)}
    .pair{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start}
    .pair svg{flex:0 1 auto;min-width:min(100%,20rem);max-width:100%;height:auto}
    .pair .table{flex:1 1 16rem;max-height:19rem}
    .columns{display:flex;flex-wrap:wrap;gap:1.5rem}.columns>div{flex:1 1 24rem;min-width:0}
    svg text{fill:var(--ink);font-size:12px}.grid{stroke:var(--line);stroke-width:1}
    .s0{fill:var(--s0)}.s1{fill:var(--s1)}.s2{fill:var(--s2)}.s3{fill:var(--s3)}
    .table{overflow:auto;max-height:32rem;border:1px solid var(--line);background:var(--box)}
    table{border-collapse:collapse;width:100%;font-size:.875rem}
    caption{text-align:left;padding:.3rem .6rem;color:var(--faint)}
    th,td{text-align:left;padding:.2rem .6rem;vertical-align:top;overflow-wrap:anywhere}
    thead th{border-bottom:1px solid var(--line);overflow-wrap:normal}
    tbody th{font-weight:400}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
    dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:.5rem 1rem}
    dt{color:var(--faint);font-size:.875rem}dd{margin:0;overflow-wrap:anywhere}
    code,.tokens{font-family:ui-monospace,monospace;font-size:.9em}
    .tokens{white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.9;border:1px solid var(--line);
    padding:.6rem;max-height:40rem;overflow:auto}
    .tokens span{padding:.15em 0;border-radius:.2em}
    .t0{background:var(--t0)}.t1{background:var(--t1)}.t2{background:var(--t2)}.t3{background:var(--t3)}
    .l1{background:color-mix(in srgb,var(--s1) 10%,transparent)}
    .l2{background:color-mix(in srgb,var(--s1) 20%,transparent)}
    .l3{background:color-mix(in srgb,var(--s1) 30%,transparent)}
    .l4{background:color-mix(in srgb,var(--s1) 40%,transparent)}
    .spark{vertical-align:middle;margin-left:.5rem}
    .special{outline:2px solid var(--mark);outline-offset:-1px}
    .masked{color:var(--faint)}
    .bytes{text-decoration:underline dotted var(--mark) 2px;text-underline-offset:.2em}
    ul.tree,ul.tree ul{list-style:none;padding-left:1.2rem;border-left:1px solid var(--line);margin:0}
    summary{cursor:pointer}.warn{color:var(--mark);font-weight:600}
    @media print{nav,.skip{display:none}.table,.tokens{max-height:none!important;overflow:visible}
    figure,tr{break-inside:avoid}body{max-width:none;padding:0;font-size:11pt}}

    """
}
