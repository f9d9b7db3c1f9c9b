// The map of events: come closer, move about, and part what lies near each other. Without this the marks are plain links.
import { grouped, markElement } from './map_marks.js';
import { MapNames } from './map_names.js';

const CLOSEST = 140; // map units across
const NEAR = 34; // pixels: marks nearer than this are one
const STEP = 1.7;
const MARGIN = 16; // pixels around the world, so that marks at its edges are whole
const DETAILED = 1.5; // map units a pixel from which the coarse map would be seen to be coarse

class WorldMap {
	constructor(root) {
		this.root = root;
		this.svg = root.querySelector('.world');
		this.layer = this.svg.querySelector('[data-marks]');
		this.hover = root.querySelector('.map-hover');
		this.width = Number(this.svg.dataset.width);
		this.height = Number(this.svg.dataset.height);
		this.spots = [...document.querySelectorAll('[data-x]')].map((item) => ({
			x: Number(item.dataset.x),
			y: Number(item.dataset.y),
			place: item.dataset.place,
			link: item.querySelector('a'),
			section: item.closest('.place').id
		}));
		this.pointers = new Map();
		root.classList.add('live');
		this.names = new MapNames(this.svg.querySelector('[data-map-names]'), this.svg.dataset.names);
		this.listen();
		// Its first call is after the page's layout, so that asking for the size doesn't make another one.
		new ResizeObserver(([entry]) => this.resize(entry.contentRect)).observe(this.svg);
	}

	listen() {
		for (const button of this.root.querySelectorAll('[data-zoom]')) {
			button.addEventListener('click', () => this.press(button.dataset.zoom));
		}
		this.svg.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
		this.svg.addEventListener('pointerdown', (event) => this.down(event));
		this.svg.addEventListener('pointermove', (event) => this.move(event));
		for (const name of ['pointerup', 'pointercancel']) {
			this.svg.addEventListener(name, (event) => this.up(event));
		}
		this.svg.addEventListener('click', (event) => this.click(event), true);
		this.svg.addEventListener('dragstart', (event) => event.preventDefault());
		this.svg.addEventListener('focusin', (event) => this.reveal(event.target.closest('.pin')?.pin));
		for (const name of ['pointerover', 'focusin']) {
			this.svg.addEventListener(name, (event) => this.tell(event.target.closest('.pin')));
		}
		for (const name of ['pointerout', 'focusout']) {
			this.svg.addEventListener(name, () => this.tell(null));
		}
		this.root.querySelector('.map-scroll').addEventListener('keydown', (event) => this.key(event));
	}

	// --- What is shown: the middle (x, y), and `across`, how many map units the box is wide.
	resize({ width, height }) {
		const first = !this.size;
		this.size = { width: width || 1, height: height || 1 };
		if (first) {
			this.showAll();
		} else {
			this.draw();
		}
	}

	get unit() {
		return this.across / this.size.width;
	}

	get widest() {
		const { width, height } = this.size;
		const unit = Math.max(this.width / Math.max(width - 2 * MARGIN, 1), this.height / Math.max(height - 2 * MARGIN, 1));
		return unit * width;
	}

	showAll() {
		this.x = this.width / 2;
		this.y = this.height / 2;
		this.across = this.widest;
		this.draw();
	}

	zoom(factor, x = this.x, y = this.y) {
		const across = Math.min(Math.max(this.across / factor, CLOSEST), this.widest);
		const share = across / this.across;
		this.x = x + (this.x - x) * share;
		this.y = y + (this.y - y) * share;
		this.across = across;
		this.draw();
	}

	draw() {
		const { width, height } = this.size;
		this.across = Math.min(this.across, this.widest);
		const high = this.across * height / width;
		const margin = MARGIN * this.unit;
		this.x = hold(this.x, this.across, this.width, margin);
		this.y = hold(this.y, high, this.height, margin);
		this.svg.setAttribute('viewBox', `${this.x - this.across / 2} ${this.y - high / 2} ${this.across} ${high}`);
		this.svg.style.setProperty('--pin-scale', this.unit);
		this.root.classList.toggle('closer', this.across < this.widest - 1);
		this.root.querySelector('[data-zoom="in"]').disabled = this.across <= CLOSEST;
		for (const name of ['out', 'whole']) {
			this.root.querySelector(`[data-zoom="${name}"]`).disabled = this.across >= this.widest - 1;
		}
		if (this.drawnUnit !== this.unit) {
			this.drawnUnit = this.unit;
			this.drawMarks();
		}
		if (!this.waiting) {
			this.waiting = true;
			requestAnimationFrame(() => this.drawNames());
		}
		this.tell(null);
	}

	drawMarks() {
		const focused = this.layer.contains(document.activeElement);
		this.marks = grouped(this.spots, NEAR * this.unit);
		const links = this.marks.map((mark) => markElement(mark, this.root.dataset.markLabel));
		this.layer.replaceChildren(...links.reverse());
		if (focused) {
			this.root.querySelector('.map-scroll').focus();
		}
	}

	// Names and details are for those who come closer.
	drawNames() {
		this.waiting = false;
		if (!this.root.classList.contains('closer')) {
			this.names.layer.replaceChildren();
			return;
		}
		const { width, height } = this.size;
		const { unit } = this;
		this.names.draw({
			left: this.x - this.across / 2,
			top: this.y - height * unit / 2,
			width: width * unit,
			height: height * unit,
			unit
		}, this.marks);
		this.names.load().then((loaded) => loaded && this.drawNames());
		this.showDetails();
	}

	async showDetails() {
		const address = this.svg.dataset.detailed;
		if (!address || this.unit > DETAILED) {
			return;
		}
		this.svg.dataset.detailed = '';
		const answer = await fetch(address);
		if (answer.ok) {
			const detailed = new DOMParser().parseFromString(await answer.text(), 'image/svg+xml');
			for (const name of ['land', 'borders']) {
				const path = document.importNode(detailed.getElementById(name));
				path.setAttribute('class', `map-${name}`);
				this.svg.querySelector(`.map-${name}`).replaceWith(path);
			}
		}
	}

	// --- What the reader does
	press(what) {
		if (what === 'whole') {
			this.showAll();
		} else {
			this.zoom(what === 'in' ? STEP : 1 / STEP);
		}
	}

	key(event) {
		const step = this.across / 5;
		const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
		if (event.key === '+' || event.key === '=') {
			this.zoom(STEP);
		} else if (event.key === '-') {
			this.zoom(1 / STEP);
		} else if (event.key === '0') {
			this.showAll();
		} else if (moves[event.key] && this.across < this.widest - 1) {
			this.x += moves[event.key][0];
			this.y += moves[event.key][1];
			this.draw();
		} else {
			return;
		}
		event.preventDefault();
	}

	wheel(event) {
		const out = event.deltaY > 0;
		if (out && this.across >= this.widest - 1) {
			return; // the page scrolls on
		}
		event.preventDefault();
		this.zoom(Math.exp(-Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 120) / 300), ...this.at(event));
	}

	at(event) {
		const { left, top, width, height } = this.svg.getBoundingClientRect();
		return [
			this.x + (event.clientX - left - width / 2) * this.unit,
			this.y + (event.clientY - top - height / 2) * this.unit
		];
	}

	down(event) {
		this.pointers.set(event.pointerId, event);
		this.moved = false;
	}

	move(event) {
		const before = this.pointers.get(event.pointerId);
		if (!before) {
			return;
		}
		const others = [...this.pointers.values()].filter((one) => one.pointerId !== event.pointerId);
		if (others.length === 0) {
			if (!this.moved && Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY) < 6) {
				return;
			}
			if (this.across >= this.widest - 1) {
				return;
			}
			if (!this.moved) {
				this.svg.setPointerCapture(event.pointerId);
				this.root.classList.add('moving');
			}
			this.x -= (event.clientX - before.clientX) * this.unit;
			this.y -= (event.clientY - before.clientY) * this.unit;
			this.moved = true;
			this.draw();
		} else {
			const [other] = others;
			const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
			this.moved = true;
			this.zoom(apart(event) / apart(before), ...this.at({
				clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2
			}));
		}
		this.pointers.set(event.pointerId, event);
	}

	up(event) {
		this.pointers.delete(event.pointerId);
		this.root.classList.remove('moving');
	}

	click(event) {
		if (this.moved) {
			// The end of a drag is no click.
			event.preventDefault();
			event.stopPropagation();
			this.moved = false;
			return;
		}
		const mark = event.target.closest('.pin')?.pin;
		if (!mark || mark.spots.length === 1) {
			return;
		}
		const xs = mark.spots.map((spot) => spot.x);
		const ys = mark.spots.map((spot) => spot.y);
		const wide = Math.max(...xs) - Math.min(...xs);
		const high = Math.max(...ys) - Math.min(...ys);
		const { width, height } = this.size;
		const fitting = 2.5 * Math.max(wide, high * width / height);
		// What coming closer can't part stays a link to the list below.
		if (Math.max(wide, high) / (CLOSEST / width) < NEAR || fitting > this.across * 0.95) {
			return;
		}
		event.preventDefault();
		this.x = (Math.max(...xs) + Math.min(...xs)) / 2;
		this.y = (Math.max(...ys) + Math.min(...ys)) / 2;
		this.across = Math.max(fitting, CLOSEST);
		this.draw();
	}

	// Whoever walks through the marks by keyboard sees the one they are at.
	reveal(mark) {
		if (!mark) {
			return;
		}
		const [left, top, wide, high] = this.svg.getAttribute('viewBox').split(' ').map(Number);
		if (mark.x < left || mark.x > left + wide || mark.y < top || mark.y > top + high) {
			this.x = mark.x;
			this.y = mark.y;
			this.draw();
		}
	}

	tell(mark) {
		this.hover.hidden = !mark;
		if (!mark) {
			return;
		}
		this.hover.textContent = mark.getAttribute('aria-label');
		const around = this.root.getBoundingClientRect();
		const place = mark.getBoundingClientRect();
		const label = this.hover.getBoundingClientRect();
		const left = place.left + place.width / 2 - around.left - label.width / 2;
		const above = place.top - around.top - label.height - 6;
		this.hover.style.left = `${Math.min(Math.max(left, 6), around.width - label.width - 6)}px`;
		this.hover.style.top = `${above > 4 ? above : place.bottom - around.top + 6}px`;
	}
}

function hold(middle, shown, whole, margin) {
	if (shown >= whole + 2 * margin) {
		return whole / 2;
	}
	return Math.min(Math.max(middle, shown / 2 - margin), whole + margin - shown / 2);
}

for (const root of document.querySelectorAll('[data-map]')) {
	new WorldMap(root);
}
