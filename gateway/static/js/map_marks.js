// The marks of a map: which places share one, and how it looks.

/** Puts spots nearer than `reach` (map units) to an earlier mark into it. */
export function grouped(spots, reach) {
	const marks = [];
	for (const spot of spots) {
		const near = marks.find((mark) => Math.hypot(mark.x - spot.x, mark.y - spot.y) < reach);
		if (near) {
			near.spots.push(spot);
		} else {
			marks.push({ x: spot.x, y: spot.y, spots: [spot] });
		}
	}
	return marks;
}

/** The link of a mark; `manyLabel` names several events: `%1` are their places, `%2` how many. */
export function markElement(mark, manyLabel) {
	const many = mark.spots.length > 1;
	const [first] = mark.spots;
	const link = make('a', { class: many ? 'pin pin-many' : 'pin', transform: `translate(${mark.x} ${mark.y})` });
	link.setAttribute('href', many ? `#${first.section}` : first.link.getAttribute('href'));
	link.setAttribute('aria-label', many
		? manyLabel.replace('%1', namesOf(mark, 3)).replace('%2', mark.spots.length)
		: `${first.place}: ${first.link.textContent}`);
	const shape = make('g', { class: 'pin-shape' });
	shape.append(make('circle', { r: 13 }), make('circle', { class: 'pin-dot', r: many ? 10 : 6 }));
	if (many) {
		const text = make('text', { dy: '0.36em' });
		text.textContent = new Intl.NumberFormat(document.documentElement.lang).format(mark.spots.length);
		shape.append(text);
	}
	// Shown once the reader has come closer, where there is space for it.
	mark.name = make('text', { class: 'pin-name', dy: '26', 'aria-hidden': 'true' });
	mark.name.textContent = namesOf(mark, 2);
	shape.append(mark.name);
	link.append(shape);
	link.pin = mark;
	return link;
}

/** The names of a mark's places: at most `most`, and how many more there are. */
function namesOf(mark, most) {
	const names = [...new Set(mark.spots.map((spot) => spot.place))];
	// Names may be in other directions than the page, and a number keeps its sign in front.
	const list = names.slice(0, most).map((name) => `\u2068${name}\u2069`).join(', ');
	return names.length > most ? `${list} \u2066+${names.length - most}\u2069` : list;
}

export function make(name, attributes) {
	const element = document.createElementNS('http://www.w3.org/2000/svg', name);
	for (const [key, value] of Object.entries(attributes)) {
		element.setAttribute(key, value);
	}
	return element;
}
