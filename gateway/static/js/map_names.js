// The names of countries, cities and marks on a map: as many as don't overlap, the most important first.
import { make } from './map_marks.js';

const SPACE_OF_A_NAME = 12000; // square pixels of the map for each name
const PEOPLE = 1.5e6; // in the smallest city that is named at one map unit a pixel; from nearer, smaller ones are
const WIDER = 1.4; // a country's name may be wider than the country by this
const CLOSE = 0.6; // map units a pixel from which it may be as wide as it is
const COUNTRY = { kind: 'country', size: 12, above: 0 };
const CITY = { kind: 'city', size: 11, above: 9 };
const PIN_NAME = { size: 12, above: -22 };
const PIN = 13; // pixels from the middle of a mark to its edge

export class MapNames {
	constructor(layer, address) {
		this.layer = layer;
		this.address = address;
		this.countries = [];
		this.cities = [];
		this.widths = new Map();
		this.pen = document.createElement('canvas').getContext('2d');
		this.font = getComputedStyle(layer).fontFamily;
	}

	/** Gets the names once; true when there are new ones. */
	async load() {
		if (!this.address) {
			return false;
		}
		const { address } = this;
		this.address = '';
		const answer = await fetch(address);
		if (!answer.ok) {
			return false;
		}
		const { countries, cities } = await answer.json();
		this.countries = countries.map(([name, x, y, width]) => ({ ...COUNTRY, name, x, y, width }));
		this.cities = cities.map(([name, x, y, people]) => ({ ...CITY, name, x, y, people }));
		return true;
	}

	/** Shows what fits into a view: left, top, width and height in map units, and map units a pixel. */
	draw(view, marks) {
		const taken = marks.map((mark) => around(mark, view, PIN, PIN));
		for (const mark of marks) {
			const label = { ...PIN_NAME, x: mark.x, y: mark.y, name: mark.name.textContent };
			mark.name.classList.toggle('crowded', !this.place(label, view, taken));
		}
		const most = taken.length + view.width * view.height / view.unit ** 2 / SPACE_OF_A_NAME;
		const shown = [];
		for (const label of this.candidates(view)) {
			if (taken.length >= most) {
				break;
			}
			if (this.place(label, view, taken)) {
				shown.push(label);
			}
		}
		this.layer.replaceChildren(...shown.map(element));
	}

	candidates({ unit }) {
		return [
			...this.countries.filter((one) => unit < CLOSE || WIDER * one.width / unit > this.widthOf(one)),
			...this.cities.filter((one) => one.people > PEOPLE * unit)
		];
	}

	/** Takes the label's box if it is free and within the view. */
	place(label, view, taken) {
		const box = around(label, view, this.widthOf(label) / 2 + 3, label.size * 0.75 + (label.kind === 'city' ? 4 : 0));
		if (!inside(box, view) || taken.some((other) => overlap(box, other))) {
			return false;
		}
		taken.push(box);
		return true;
	}

	widthOf({ name, size }) {
		const key = `${size} ${name}`;
		if (!this.widths.has(key)) {
			this.pen.font = `600 ${size}px ${this.font}`;
			this.widths.set(key, this.pen.measureText(name).width);
		}
		return this.widths.get(key);
	}
}

/** A box in pixels around a place, which `above` moves up. */
function around({ x, y, above = 0 }, view, halfWidth, halfHeight) {
	const left = (x - view.left) / view.unit;
	const top = (y - view.top) / view.unit - above;
	return { left: left - halfWidth, right: left + halfWidth, top: top - halfHeight, bottom: top + halfHeight };
}

function inside({ left, right, top, bottom }, { width, height, unit }) {
	return left >= 0 && right <= width / unit && top >= 0 && bottom <= height / unit;
}

function overlap(one, other) {
	return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

function element({ kind, name, x, y }) {
	const group = make('g', { class: `map-${kind}`, transform: `translate(${x} ${y})` });
	const shape = make('g', { class: 'pin-shape' });
	const text = make('text', kind === 'city' ? { y: -6 } : { dy: '0.36em' });
	text.textContent = name;
	if (kind === 'city') {
		shape.append(make('circle', { r: 2 }));
	}
	shape.append(text);
	group.append(shape);
	return group;
}
