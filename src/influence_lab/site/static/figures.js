// Draw the page's figures with the site's own Plotly, in the colours of the page's theme; fold and unfold code.
(() => {
  "use strict";
  const folder = document.currentScript.src.replace(/figures\.js.*$/, "");

  const colours = () => {
    const dark = document.documentElement.dataset.theme === "dark";
    return { ink: dark ? "#e6e6e6" : "#222222", paper: dark ? "#1f1f24" : "#ffffff" };
  };

  // What a layout must change so that text can be read on the page's background, sliders and buttons included.
  const themed = (layout) => {
    const { ink, paper } = colours();
    const change = { "font.color": ink, "hoverlabel.bgcolor": paper, "hoverlabel.font.color": ink, "legend.font.color": ink };
    for (const axis of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))) {
      change[`${axis}.color`] = ink;
      change[`${axis}.zerolinecolor`] = "rgba(128,128,128,0.5)";
    }
    (layout.sliders || []).forEach((_, i) => { change[`sliders[${i}].font.color`] = ink; });
    (layout.updatemenus || []).forEach((_, i) => {
      change[`updatemenus[${i}].font.color`] = ink;
      change[`updatemenus[${i}].bgcolor`] = paper;
    });
    (layout.annotations || []).forEach((_, i) => { change[`annotations[${i}].font.color`] = ink; });
    return change;
  };

  const draw = async (figure) => {
    const plot = figure.querySelector(".plot");
    const { data, layout, config, frames } = JSON.parse(figure.querySelector("script").textContent);
    // The default template's colours are for a light page only.
    layout.template = {};
    await Plotly.newPlot(plot, { data, layout, config, frames });
    await Plotly.relayout(plot, themed(layout));
    figure.classList.add("drawn");
  };

  const drawAll = () => {
    const figures = [...document.querySelectorAll(".plotly-figure")];
    if (!figures.length) return;
    const script = document.createElement("script");
    script.src = `${folder}plotly.min.js`;
    script.onload = async () => {
      for (const figure of figures) await draw(figure);
      new MutationObserver(() => {
        for (const plot of document.querySelectorAll(".plotly-figure .plot")) Plotly.relayout(plot, themed(plot.layout));
      }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    };
    document.head.append(script);
  };

  const foldingButton = () => {
    const cells = document.querySelectorAll("details.hide");
    const title = document.querySelector("article h1");
    if (!cells.length || !title) return;
    const button = document.createElement("button");
    button.className = "btn btn-sm btn-outline-secondary fold-code";
    button.type = "button";
    button.textContent = "Show all code";
    button.addEventListener("click", () => {
      const open = button.textContent.startsWith("Show");
      cells.forEach((cell) => { cell.open = open; });
      button.textContent = open ? "Hide all code" : "Show all code";
    });
    title.after(button);
  };

  document.addEventListener("DOMContentLoaded", () => { foldingButton(); drawAll(); });
})();
