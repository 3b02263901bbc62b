// SPDX-License-Identifier: LGPL-2.1-or-later
// tools/ci/report puts this into a page, in a frame, which then says of itself what is
// wrong with it: a line for each fault, and a last one with what there was.
"use strict";
const faults = [];
addEventListener("error", (event) => faults.push(`error: ${event.message}`));

function name(element) {
	const plot = element.closest("[data-plot]");
	return `${plot ? plot.dataset.plot : element.tagName} '${element.textContent.slice(0, 30)}'`;
}

// Texts of a plot that cover one another by more than their edges do.
function overlaps(plot) {
	const boxes = [...plot.querySelectorAll("text")].map((text) => [text, text.getBoundingClientRect()]);
	for (let i = 0; i < boxes.length; i++)
		for (let j = i + 1; j < boxes.length; j++) {
			const [a, b] = [boxes[i][1], boxes[j][1]];
			const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
			const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
			if (across > 1 && down > 4)
				faults.push(`overlap: ${name(boxes[i][0])} and ${name(boxes[j][0])}`);
		}
}

// A line of the legend that runs into a name beside it.
function struck(plot) {
	const texts = [...plot.querySelectorAll("text")].map((text) => [text, text.getBoundingClientRect()]);
	for (const path of plot.querySelectorAll("path[style*='--c']")) {
		const line = path.getBoundingClientRect();
		if (line.height > 1)
			continue;
		for (const [text, box] of texts)
			if (Math.min(line.right, box.right) - Math.max(line.left, box.left) > 0 &&
			    line.top > box.top && line.bottom < box.bottom)
				faults.push(`struck through: ${name(text)}`);
	}
}

function checkPlot(plot) {
	const box = plot.getBoundingClientRect();
	if (box.width < 250 || box.height < 200)
		faults.push(`plot ${plot.dataset.plot} is ${box.width} x ${box.height}`);
	if (!plot.querySelector("path[style*='--c']"))
		faults.push(`plot ${plot.dataset.plot} has no curve`);
	for (const text of plot.querySelectorAll("text")) {
		const inner = text.getBoundingClientRect();
		if (inner.left < box.left - 1 || inner.right > box.right + 1 || inner.bottom > box.bottom + 1 ||
		    inner.top < box.top - 1)
			faults.push(`cut off: ${name(text)}`);
		if (inner.height < 8)
			faults.push(`too small to read: ${name(text)}`);
	}
	overlaps(plot);
	struck(plot);
}

// What sticks out of the page makes all of it scroll; a table may, in its own box.
function checkWidth() {
	const width = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth > width || document.body.scrollWidth > width)
		faults.push(`the page is ${document.documentElement.scrollWidth} wide, the window ${width}`);
	// On paper nothing scrolls.
	const tables = document.documentElement.dataset.paper ? document.querySelectorAll("table") : [];
	for (const table of tables)
		if (table.getBoundingClientRect().right > width + 1)
			faults.push(`cut off: table ${table.dataset.table}`);
	for (const element of document.querySelectorAll("h1, h2, h3, p, li, figure, figcaption, .wide"))
		if (element.getBoundingClientRect().right > width + 1)
			faults.push(`sticks out: ${name(element)}`);
}

function checkLinks() {
	for (const link of document.querySelectorAll("a[href^='#']"))
		if (!document.getElementById(link.hash.slice(1)))
			faults.push(`leads nowhere: ${link.hash}`);
	const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
	if (new Set(ids).size !== ids.length)
		faults.push("two elements have one id");
	for (const used of document.querySelectorAll("use"))
		if (!document.getElementById(used.href.baseVal.slice(1)))
			faults.push(`no marker ${used.href.baseVal}`);
	for (const entry of performance.getEntriesByType("resource"))
		if (!entry.name.startsWith("data:"))
			faults.push(`loads ${entry.name}`);
}

addEventListener("load", () => {
	const plots = document.querySelectorAll("[data-plot]");
	const folds = document.querySelectorAll("details");
	folds.forEach((fold) => { fold.open = true; });
	plots.forEach(checkPlot);
	checkWidth();
	checkLinks();
	parent.postMessage([...faults, `width ${innerWidth}, ${plots.length} plots, ` +
		`${document.querySelectorAll("[data-table]").length} tables, ` +
		`${faults.length} faults`].join("\n"), "*");
});
