// Conway's game of life on a torus: typed arrays, strings, the collector of AssemblyScript's runtime.

const WIDTH: i32 = 64;
const HEIGHT: i32 = 48;

class World {
  cells: Uint8Array = new Uint8Array(WIDTH * HEIGHT);

  at(x: i32, y: i32): u8 {
    return this.cells[((y + HEIGHT) % HEIGHT) * WIDTH + ((x + WIDTH) % WIDTH)];
  }

  next(): World {
    const world = new World();
    for (let y = 0; y < HEIGHT; y++) {
      for (let x = 0; x < WIDTH; x++) {
        let sum: u8 = 0;
        for (let dy = -1; dy <= 1; dy++) {
          for (let dx = -1; dx <= 1; dx++) {
            if (dx != 0 || dy != 0) sum += this.at(x + dx, y + dy);
          }
        }
        world.cells[y * WIDTH + x] = sum == 3 || (sum == 2 && this.at(x, y) == 1) ? 1 : 0;
      }
    }
    return world;
  }

  alive(): i32 {
    let sum = 0;
    for (let i = 0; i < this.cells.length; i++) sum += this.cells[i];
    return sum;
  }
}

let world = new World();
let state: u32 = 12345;
for (let i = 0; i < WIDTH * HEIGHT; i++) {
  state = state * 1664525 + 1013904223;
  world.cells[i] = <u8>((state >> 16) & 1);
}
for (let generation = 0; generation <= 300; generation++) {
  if (generation % 100 == 0) {
    console.log("generation " + generation.toString() + ": " + world.alive().toString() + " alive");
  }
  world = world.next();
}
