package report

import (
	"bytes"
	"image/color"
	"math"
	"os"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/handset-go/handset/bench/internal/suite"
)

// Colours that differ in lightness too, so that they print.
var (
	handsetColour = color.RGBA{R: 0x0b, G: 0x5c, B: 0xad, A: 0xff}
	peerColour    = color.RGBA{R: 0xb8, G: 0xc4, B: 0xd0, A: 0xff}
)

const (
	chartWidth = 18 * vg.Centimeter
	barHeight  = 0.75 * vg.Centimeter
	barWidth   = 0.45 * vg.Centimeter
	chartFrame = 3.3 * vg.Centimeter // title, axis and margins
	margin     = 0.5 * vg.Centimeter
)

// chart draws the compared figure of every server that ran, with a line from
// the least to the greatest of its rounds, and says whether there was any.
func chart(file string, outcome suite.Outcome) (drawn bool, err error) {
	figure := outcome.Workload.Columns[0]
	rows := slices.DeleteFunc(slices.Clone(outcome.Rows), func(row suite.Row) bool {
		return math.IsNaN(row.Spread(figure).Median)
	})
	if len(rows) == 0 {
		return false, nil
	}
	slices.Reverse(rows) // the first row on top
	p := plot.New()
	sans(p)
	p.Title.Text = outcome.Workload.Title
	p.Title.Padding = vg.Points(8)
	p.Title.TextStyle.Font.Size = vg.Points(11)
	p.X.Label.Text = direction(figure)
	p.X.Min = 0
	if err := bars(p, rows, figure); err != nil {
		return false, err
	}
	var names []string
	for _, row := range rows {
		names = append(names, row.Server.Name)
	}
	p.NominalY(names...)
	return true, save(p, chartFrame+barHeight*vg.Length(len(rows)), file)
}

// save leaves a margin: a viewer without the font that the names were measured
// in may draw them wider.
func save(p *plot.Plot, height vg.Length, file string) error {
	canvas := vgsvg.New(chartWidth, height)
	whole := draw.New(canvas)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	p.Draw(draw.Crop(whole, margin, -margin, margin, -margin))
	var svg bytes.Buffer
	if _, err := canvas.WriteTo(&svg); err != nil {
		return err
	}
	return os.WriteFile(file, svg.Bytes(), 0o644)
}

// sans sets all of the plot in a font without serifs.
func sans(p *plot.Plot) {
	for _, style := range []*text.Style{
		&p.Title.TextStyle, &p.X.Label.TextStyle, &p.X.Tick.Label, &p.Y.Label.TextStyle, &p.Y.Tick.Label,
	} {
		style.Font.Variant = "Sans"
	}
}

// direction says what the axis shows and which way is better.
func direction(figure suite.Figure) string {
	if figure.MoreIsBetter() {
		return figure.String() + " (more is better)"
	}
	return figure.String() + " (less is better)"
}

func bars(p *plot.Plot, rows []suite.Row, figure suite.Figure) error {
	var (
		medians = make(plotter.XYs, len(rows))
		ranges  = make(plotter.XErrors, len(rows))
		labels  = make([]string, len(rows))
	)
	for i, row := range rows {
		spread := row.Spread(figure)
		medians[i] = plotter.XY{X: spread.Median, Y: float64(i)}
		ranges[i].Low, ranges[i].High = spread.Min-spread.Median, spread.Max-spread.Median
		labels[i] = figure.Format(spread.Median)
		bar, err := plotter.NewBarChart(plotter.Values{spread.Median}, barWidth)
		if err != nil {
			return err
		}
		bar.Horizontal, bar.XMin, bar.LineStyle.Width = true, float64(i), 0
		bar.Color = peerColour
		if row.Server.Handset() {
			bar.Color = handsetColour
		}
		p.Add(bar)
	}
	whiskers, err := plotter.NewXErrorBars(struct {
		plotter.XYer
		plotter.XErrorer
	}{medians, ranges})
	if err != nil {
		return err
	}
	p.Add(whiskers)
	return addLabels(p, rows, figure, labels)
}

// addLabels writes the medians to the right of the whiskers.
func addLabels(p *plot.Plot, rows []suite.Row, figure suite.Figure, labels []string) error {
	ends := make(plotter.XYs, len(rows))
	for i, row := range rows {
		ends[i] = plotter.XY{X: row.Spread(figure).Max, Y: float64(i)}
		p.X.Max = max(p.X.Max, 1.12*ends[i].X) // room for the label
	}
	texts, err := plotter.NewLabels(plotter.XYLabels{XYs: ends, Labels: labels})
	if err != nil {
		return err
	}
	texts.Offset.X = vg.Points(5)
	for i := range texts.TextStyle {
		texts.TextStyle[i].YAlign = draw.YCenter
		texts.TextStyle[i].Font.Size = vg.Points(9)
		texts.TextStyle[i].Font.Variant = "Sans"
	}
	p.Add(texts)
	return nil
}
