// Draws the charts of the report page with Apache ECharts and lets the arrow keys read their values. A chart has
// views, one shown at a time. A view has categories and series: one value per category, null where there is none.
(() => {
  'use strict';

  const SHAPES = ['circle', 'rect', 'triangle', 'diamond'];
  const DASHES = ['solid', 'dashed', 'dotted'];
  const COLOURS = 10;
  const NARROW = 420;
  const root = document.documentElement;
  const live = document.getElementById('live');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const { valueText, axisText, textWidth, shortened, tooltipOf } = chartParts;
  const { patternOf, isMarked, isWhole, lowestRank, rankTicks } = chartParts;

  const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const colourOf = (series, index) => css(series.tone ? `--${series.tone}` : `--c${(index % COLOURS) + 1}`);

  class Chart {
    constructor(data) {
      this.data = data;
      this.element = document.getElementById(data.id);
      this.element.style.height = `${this.element.dataset.height}px`;
      this.view = data.views[0];
      this.place = -1;
      this.series = 0;
      this.element.addEventListener('keydown', (event) => this.onKey(event));
      this.element.addEventListener('blur', () => this.rest());
      if (data.views.length > 1) this.addChoice();
    }

    addChoice() {
      const choice = document.createElement('select');
      choice.className = 'choice';
      choice.setAttribute('aria-label', 'What the chart shows');
      choice.append(...this.data.views.map((view, index) => new Option(view.name, String(index))));
      choice.addEventListener('change', () => {
        this.view = this.data.views[Number(choice.value)];
        this.place = -1;
        this.series = 0;
        this.draw();
      });
      this.element.before(choice);
    }

    draw() {
      if (this.drawn) this.drawn.dispose();
      this.width = this.element.clientWidth;
      this.font = `12px ${getComputedStyle(document.body).fontFamily}`;
      this.drawn = echarts.init(this.element, null, { renderer: 'svg' });
      this.drawn.setOption(this.option());
    }

    option() {
      const { kind } = this.data;
      const view = this.view;
      const isNarrow = this.width < NARROW;
      const text = css('--text');
      const muted = css('--muted');
      const rule = css('--rule');
      const rows = kind === 'bars';
      const hasLegend = view.series.length > 1 && kind !== 'bump';
      const sideLabels = kind === 'bump' ? Math.min(isNarrow ? 104 : 190, this.width * 0.34) : 0;
      const nameWidth = Math.min(isNarrow ? 120 : 210, this.width * 0.36);
      const categories = {
        type: 'category',
        data: view.categories.map((_, place) => String(place)), // names can occur twice
        inverse: rows,
        boundaryGap: kind === 'bars' || kind === 'columns',
        axisLine: { lineStyle: { color: rule } },
        axisTick: { show: false },
        axisLabel: {
          color: rows ? text : muted,
          hideOverlap: !rows,
          interval: rows ? 0 : 'auto',
          formatter: (place) => {
            const name = view.categories[place];
            return rows ? shortened(name, nameWidth, this.font) : name;
          },
        },
      };
      const values = {
        type: 'value',
        axisLabel: {
          color: muted,
          hideOverlap: true,
          customValues: kind === 'bump' ? rankTicks(view) : undefined,
          formatter: (value) => axisText(view, value),
        },
        splitLine: { show: kind !== 'bump', lineStyle: { color: rule } },
        splitNumber: isNarrow ? 3 : 5,
        minInterval: view.format === 'number' && isWhole(view) ? 1 : 0,
        ...(kind === 'bump' ? { inverse: true, min: 0.5, max: lowestRank(view), minInterval: 1 } : {}),
        ...(rows && view.series.length === 1 ? { show: false, max: 'dataMax' } : {}),
        ...(kind === 'lines' ? { scale: true } : {}),
      };
      return {
        animation: !still.matches && root.dataset.print === undefined,
        animationDuration: 250,
        animationDurationUpdate: 150,
        textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12, color: text },
        grid: {
          left: 2,
          right: kind === 'bump' ? sideLabels + 14 : rows && view.series.length === 1 ? 56 : 16,
          top: hasLegend ? 8 + 22 * this.legendLines() : 10,
          bottom: 4,
          outerBoundsMode: 'same',
          outerBoundsContain: 'axisLabel',
        },
        legend: {
          show: hasLegend,
          top: 0,
          left: 0,
          itemGap: 14,
          itemHeight: 12,
          textStyle: { color: text },
          formatter: (index) => this.legendText(view.series[index]),
        },
        tooltip: {
          trigger: 'axis',
          confine: true,
          backgroundColor: css('--card'),
          borderColor: rule,
          textStyle: { color: text, fontSize: 13 },
          axisPointer: { type: rows || kind === 'columns' ? 'shadow' : 'line' },
          formatter: (points) => tooltipOf(view, points[0].dataIndex),
        },
        xAxis: rows ? values : categories,
        yAxis: rows ? categories : values,
        series: view.series.map((series, index) => this.seriesOption(series, index, sideLabels)),
      };
    }

    seriesOption(series, index, sideLabels) {
      const { kind } = this.data;
      const colour = colourOf(series, index);
      const limit = kind === 'bump' ? lowestRank(this.view) : Infinity;
      const option = {
        id: String(index),
        name: String(index), // names can occur twice
        data: series.values.map((value, place) =>
          value === null || value > limit ? null : value + this.shift(index, place)
        ),
        itemStyle: { color: colour },
      };
      if (kind === 'bars' || kind === 'columns') {
        const isOnly = this.view.series.length === 1;
        return {
          ...option,
          type: 'bar',
          stack: isOnly ? undefined : 'all',
          barCategoryGap: kind === 'columns' ? '18%' : '32%',
          itemStyle: {
            color: colour,
            borderRadius: isOnly ? 3 : 0,
            decal: patternOf(series.tone, dark.matches),
          },
          label: {
            show: kind === 'bars' && isOnly,
            position: 'right',
            color: css('--text'),
            formatter: (point) => axisText(this.view, point.value),
          },
        };
      }
      return {
        ...option,
        type: 'line',
        symbol: SHAPES[index % SHAPES.length],
        symbolSize: (_, point) => (isMarked(series.values, point.dataIndex) ? 8 : 0),
        showAllSymbol: true,
        lineStyle: { color: colour, width: 2.2, type: DASHES[Math.floor(index / SHAPES.length) % DASHES.length] },
        emphasis: { focus: kind === 'bump' ? 'series' : 'none' },
        endLabel: {
          show: kind === 'bump',
          color: css('--text'),
          distance: 10,
          formatter: () => shortened(series.name, sideLabels - 8, this.font),
        },
        labelLayout: { moveOverlap: 'shiftY' },
      };
    }

    // Lines of equal ranks would hide each other. Ranks after a tie are skipped, so there is room for them.
    shift(index, place) {
      if (this.data.kind !== 'bump') return 0;
      const rank = this.view.series[index].values[place];
      return this.view.series.slice(0, index).filter((series) => series.values[place] === rank).length;
    }

    legendText(series) {
      return shortened(series.name, Math.min(210, this.width - 60), this.font);
    }

    legendLines() {
      let lines = 1;
      let used = 0;
      for (const series of this.view.series) {
        const needed = textWidth(this.legendText(series), this.font) + 46;
        if (used && used + needed > this.width) {
          lines += 1;
          used = 0;
        }
        used += needed;
      }
      return lines;
    }

    onKey(event) {
      if (event.key === 'Escape') {
        this.rest();
        return;
      }
      const isRow = this.data.kind === 'bars';
      const steps = {
        ArrowRight: isRow ? [0, 1] : [1, 0],
        ArrowLeft: isRow ? [0, -1] : [-1, 0],
        ArrowDown: isRow ? [1, 0] : [0, 1],
        ArrowUp: isRow ? [-1, 0] : [0, -1],
        Home: [-Infinity, 0],
        End: [Infinity, 0],
      };
      const step = steps[event.key];
      if (!step) return;
      event.preventDefault();
      const count = this.view.categories.length;
      if (!Number.isFinite(step[0])) this.place = step[0] < 0 ? 0 : count - 1;
      else if (this.place < 0) this.place = step[0] < 0 ? count - 1 : 0;
      else {
        this.place = (this.place + step[0] + count) % count;
        this.series = (this.series + step[1] + this.view.series.length) % this.view.series.length;
      }
      this.read();
    }

    read() {
      const series = this.view.series[this.series];
      const target = { seriesIndex: this.series, dataIndex: this.place };
      this.drawn.dispatchAction({ type: 'downplay' });
      this.drawn.dispatchAction({ type: 'highlight', ...target });
      this.drawn.dispatchAction({ type: 'showTip', ...target });
      const name = this.view.series.length > 1 ? `, ${series.name}` : '';
      const value = valueText(this.view, series.values[this.place]);
      live.textContent = `${this.view.categories[this.place]}${name}: ${value}`;
    }

    rest() {
      if (!this.drawn) return;
      this.drawn.dispatchAction({ type: 'downplay' });
      this.drawn.dispatchAction({ type: 'hideTip' });
    }
  }

  // Charts on the screen are drawn at once, the others when the browser has time. Until then they keep their room.
  const charts = JSON.parse(document.getElementById('charts').textContent).map((data) => new Chart(data));
  const drawAll = () => charts.forEach((chart) => chart.draw());
  const isNear = (chart) => chart.element.getBoundingClientRect().top < 1.2 * innerHeight;
  const whenIdle = window.requestIdleCallback || ((work) => setTimeout(work, 20));

  function drawRest() {
    const next = charts.find((chart) => !chart.drawn);
    if (next) {
      next.draw();
      whenIdle(drawRest);
    } else {
      root.dataset.drawn = '';
    }
  }

  charts.filter(isNear).forEach((chart) => chart.draw());
  root.dataset.ready = String(Math.round(performance.now()));
  whenIdle(drawRest);

  dark.addEventListener('change', drawAll);
  still.addEventListener('change', drawAll);
  addEventListener('beforeprint', () => {
    root.dataset.print = '';
    drawAll();
  });
  addEventListener('afterprint', () => {
    delete root.dataset.print;
    drawAll();
  });
  let timer;
  addEventListener('resize', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      for (const chart of charts) if (chart.drawn && chart.width !== chart.element.clientWidth) chart.draw();
    }, 120);
  });
})();
