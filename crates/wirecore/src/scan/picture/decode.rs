//! Pixels: the bytes of one image in, its brightness in at most [`SIDE`] by [`SIDE`] points out.
//!
//! Colours say little of whether two pictures are the same, and copies often change them. The decoders are
//! bounded before they begin: what claims more pixels than [`MAX_PIXELS`] is not looked at.

use std::io::Cursor;
use std::panic::{catch_unwind, AssertUnwindSafe};

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// Points of the longer side of what is kept of an image.
pub const SIDE: usize = 128;
/// Pixels of the shorter side below which an image is too small to be told from another.
pub const LEAST_SIDE: usize = 32;
/// Pixels of an image that is looked at: a phone's largest photo whose lines follow each other.
pub const MAX_PIXELS: u64 = 64 << 20;
/// The same, where the decoder must hold the whole image's coefficients at once (progressive JPEG, interlaced
/// PNG).
pub const MAX_HELD_PIXELS: u64 = 16 << 20;

/// Brightness, made smaller; row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grey {
    /// Points across.
    pub width: usize,
    /// Points down.
    pub height: usize,
    /// `width * height` values.
    pub points: Vec<u8>,
}

/// Why an image was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// No decoder for the format, or the image is damaged.
    Undecodable,
    /// More pixels than the bounds allow.
    TooLarge,
    /// Too small, or too plain, to be told from others.
    Plain,
}

impl Unseen {
    /// The word in the table of media.
    pub fn text(self) -> &'static str {
        match self {
            Unseen::Undecodable => "undecodable",
            Unseen::TooLarge => "too_large",
            Unseen::Plain => "plain",
        }
    }
}

impl Grey {
    /// From values as [`Grey::to_bytes`] wrote them; none when their number does not fit.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&[w1, w0, h1, h0], points) = bytes.split_first_chunk()?;
        let (width, height) = (
            usize::from(u16::from_be_bytes([w1, w0])),
            usize::from(u16::from_be_bytes([h1, h0])),
        );
        let fits = (1..=SIDE).contains(&width)
            && (1..=SIDE).contains(&height)
            && width * height == points.len();
        fits.then(|| Grey {
            width,
            height,
            points: points.to_vec(),
        })
    }

    /// Width and height in two bytes each, then the values.
    pub fn to_bytes(&self) -> Vec<u8> {
        let sizes = [self.width as u16, self.height as u16].map(u16::to_be_bytes);
        [&sizes.concat()[..], &self.points].concat()
    }

    /// From the brightness of all pixels of an image, as another decoder gave them.
    pub fn of_pixels(width: usize, height: usize, pixels: &[u8]) -> Result<Self, Unseen> {
        bounded(width, height, MAX_PIXELS)?;
        if pixels.len() != width * height {
            return Err(Unseen::Undecodable);
        }
        let mut shrink = Shrink::new(width, height);
        for line in pixels.chunks_exact(width) {
            shrink.line(line, 1);
        }
        shrink.finish()
    }
}

/// Decodes an image of the format that its structure showed. HEIC, AVIF and DNG are not decoded here: their previews
/// are, which are images of their own.
pub fn decode(format: &str, bytes: &[u8]) -> Result<Grey, Unseen> {
    // A decoder's own mistake costs the image, not the audit.
    let decoded = catch_unwind(AssertUnwindSafe(|| match format {
        "jpeg" => decode_jpeg(bytes),
        "png" => decode_png(bytes),
        "gif" => decode_other(ImageFormat::Gif, bytes),
        "webp" => decode_other(ImageFormat::WebP, bytes),
        "bmp" => decode_other(ImageFormat::Bmp, bytes),
        "tiff" => decode_other(ImageFormat::Tiff, bytes),
        _ => Err(Unseen::Undecodable),
    }));
    let grey = decoded.unwrap_or(Err(Unseen::Undecodable))?;
    if grey.width.min(grey.height) < LEAST_SIDE / 2 {
        return Err(Unseen::Plain);
    }
    Ok(grey)
}

fn bounded(width: usize, height: usize, most: u64) -> Result<(), Unseen> {
    if width.min(height) < LEAST_SIDE {
        return Err(Unseen::Plain);
    }
    if width as u64 * height as u64 > most {
        return Err(Unseen::TooLarge);
    }
    Ok(())
}

fn decode_jpeg(bytes: &[u8]) -> Result<Grey, Unseen> {
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| Unseen::Undecodable)?;
    let (width, height) = decoder.dimensions().ok_or(Unseen::Undecodable)?;
    let most = if is_progressive(bytes) {
        MAX_HELD_PIXELS
    } else {
        MAX_PIXELS
    };
    bounded(width, height, most)?;
    let points = decoder.decode().map_err(|_| Unseen::Undecodable)?;
    let channels = decoder
        .output_colorspace()
        .map_or(1, |space| space.num_components());
    let mut shrink = Shrink::new(width, height);
    for line in points.chunks_exact(width * channels).take(height) {
        shrink.line(line, channels);
    }
    shrink.finish()
}

/// Is the first frame header that of a progressive JPEG?
fn is_progressive(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xFF, code, high, low]) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        match code {
            0xFF => at += 1, // a fill byte
            0xC0 | 0xC1 => return false,
            0xC2..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF | 0xDA => return true,
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
        }
    }
    true
}

fn decode_png(bytes: &[u8]) -> Result<Grey, Unseen> {
    let mut decoder = png::Decoder::new_with_limits(
        Cursor::new(bytes),
        png::Limits {
            bytes: (MAX_HELD_PIXELS * 4) as usize,
        },
    );
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let info = decoder
        .read_header_info()
        .map_err(|_| Unseen::Undecodable)?;
    let (width, height) = (info.width as usize, info.height as usize);
    let interlaced = info.interlaced;
    let most = if interlaced {
        MAX_HELD_PIXELS
    } else {
        MAX_PIXELS
    };
    bounded(width, height, most)?;
    let mut reader = decoder.read_info().map_err(|_| Unseen::Undecodable)?;
    let channels = reader.output_color_type().0.samples();
    let mut shrink = Shrink::new(width, height);
    if interlaced {
        let size = reader.output_buffer_size().ok_or(Unseen::TooLarge)?;
        let mut whole = vec![0; size];
        reader
            .next_frame(&mut whole)
            .map_err(|_| Unseen::Undecodable)?;
        for line in whole.chunks_exact(width * channels).take(height) {
            shrink.line(line, channels);
        }
    } else {
        while let Some(row) = reader.next_row().map_err(|_| Unseen::Undecodable)? {
            shrink.line(row.data(), channels);
        }
    }
    shrink.finish()
}

/// The other formats, by one library; of a moving picture the first.
fn decode_other(format: ImageFormat, bytes: &[u8]) -> Result<Grey, Unseen> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_HELD_PIXELS * 5);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|_| Unseen::Undecodable)?;
    let (width, height) = decoder.dimensions();
    bounded(width as usize, height as usize, MAX_HELD_PIXELS)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(|_| Unseen::Undecodable)?;
    let (width, height) = (width as usize, height as usize);
    let mut shrink = Shrink::new(width, height);
    let mut lines = |bytes: &[u8], channels: usize| {
        for line in bytes.chunks_exact(width * channels).take(height) {
            shrink.line(line, channels);
        }
    };
    match &picture {
        DynamicImage::ImageLuma8(grey) => lines(grey, 1),
        DynamicImage::ImageRgb8(colour) => lines(colour, 3),
        DynamicImage::ImageRgba8(colour) => lines(colour, 4),
        other => lines(&other.to_luma8(), 1),
    }
    shrink.finish()
}

/// Averages of boxes of pixels, line by line.
struct Shrink {
    width: usize,
    height: usize,
    /// First pixel of each point's column, and the end.
    columns: Vec<usize>,
    rows: usize,
    sums: Vec<u32>,
    counts: u32,
    line: usize,
    grey: Vec<u8>,
    luma: Vec<u8>,
}

impl Shrink {
    fn new(width: usize, height: usize) -> Self {
        let (across, down) = shrunk(width, height);
        Shrink {
            width,
            height,
            columns: (0..=across).map(|x| x * width / across).collect(),
            rows: down,
            sums: vec![0; across],
            counts: 0,
            line: 0,
            grey: Vec::with_capacity(across * down),
            luma: Vec::new(),
        }
    }

    fn line(&mut self, line: &[u8], channels: usize) {
        let mut luma = std::mem::take(&mut self.luma);
        let line = if channels == 1 {
            line
        } else {
            luma.clear();
            luma.extend(line.chunks_exact(channels).map(luma_of));
            &luma
        };
        for (sum, ends) in self.sums.iter_mut().zip(self.columns.windows(2)) {
            let part = line.get(ends[0]..ends[1]).unwrap_or_default();
            *sum += part.iter().map(|&point| u32::from(point)).sum::<u32>();
        }
        self.luma = luma;
        self.counts += 1;
        self.line += 1;
        let row = self.grey.len() / self.sums.len().max(1);
        if self.line == (row + 1) * self.height / self.rows {
            for (sum, ends) in self.sums.iter_mut().zip(self.columns.windows(2)) {
                let points = (ends[1] - ends[0]) as u32 * self.counts;
                self.grey.push((*sum / points.max(1)) as u8);
                *sum = 0;
            }
            self.counts = 0;
        }
    }

    fn finish(self) -> Result<Grey, Unseen> {
        let width = self.sums.len();
        if self.line < self.height || self.width == 0 {
            return Err(Unseen::Undecodable);
        }
        Ok(Grey {
            width,
            height: self.grey.len() / width,
            points: self.grey,
        })
    }
}

/// The size of what is kept: the longer side at most [`SIDE`].
fn shrunk(width: usize, height: usize) -> (usize, usize) {
    let longer = width.max(height);
    let side = |pixels: usize| {
        let least = 1.min(pixels);
        (pixels * SIDE / longer).clamp(least, pixels)
    };
    if longer <= SIDE {
        (width, height)
    } else {
        (side(width).max(1), side(height).max(1))
    }
}

/// Brightness (ITU-R BT.601) over white where it is transparent.
fn luma_of(pixel: &[u8]) -> u8 {
    let (colour, alpha) = match *pixel {
        [grey] => (u32::from(grey), 255),
        [grey, alpha] => (u32::from(grey), u32::from(alpha)),
        [r, g, b] => (luma(r, g, b), 255),
        [r, g, b, alpha, ..] => (luma(r, g, b), u32::from(alpha)),
        [] => (0, 255),
    };
    ((colour * alpha + 255 * (255 - alpha)) / 255) as u8
}

fn luma(r: u8, g: u8, b: u8) -> u32 {
    (u32::from(r) * 77 + u32::from(g) * 150 + u32::from(b) * 29) >> 8
}
