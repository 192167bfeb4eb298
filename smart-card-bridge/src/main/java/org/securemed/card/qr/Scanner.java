package org.securemed.card.qr;

import com.google.zxing.Binarizer;
import com.google.zxing.BinaryBitmap;
import com.google.zxing.ChecksumException;
import com.google.zxing.DecodeHintType;
import com.google.zxing.FormatException;
import com.google.zxing.NotFoundException;
import com.google.zxing.Reader;
import com.google.zxing.Result;
import com.google.zxing.common.GlobalHistogramBinarizer;
import com.google.zxing.common.HybridBinarizer;
import com.google.zxing.datamatrix.DataMatrixReader;
import com.google.zxing.multi.qrcode.QRCodeMultiReader;
import com.google.zxing.qrcode.QRCodeReader;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads a QR code or a DataMatrix from a picture: as it is, then through a ladder of preparations, until one is read or
 * time is up. Measured in {@code docs/performance/qr.md}. Thread-safe; one picture takes one thread.
 */
public final class Scanner {
    /** Larger pictures are shrunk first: a code that fills a tenth of this has enough pixels. */
    private static final int WORKING_SIDE = 2048;

    /** Above this a picture is not doubled. */
    private static final int DOUBLED_SIDE = 1024;

    private static final Map<DecodeHintType, ?> HINTS = Map.of(DecodeHintType.TRY_HARDER, true);

    private final Duration limit;

    /** @param limit after which no further preparation is begun */
    public Scanner(Duration limit) {
        this.limit = limit;
    }

    /**
     * Looks for a code.
     *
     * @param file PNG or JPEG
     * @throws PictureException if there is no picture that can be looked at
     */
    public Scan scan(byte[] file) throws PictureException {
        return scan(Picture.read(file));
    }

    Scan scan(Greyscale whole) {
        Deadline deadline = new Deadline(limit);
        int factor = (Math.max(whole.width(), whole.height()) + WORKING_SIDE - 1) / WORKING_SIDE;
        Greyscale picture = factor > 1 ? whole.shrunk(factor) : whole;
        Set<ScannedCode> plain = all(picture);
        if (plain.size() > 1) {
            return new Scan.Ambiguous();
        }
        return plain.stream()
                .findFirst()
                .or(() -> climb(picture, deadline))
                .<Scan>map(Scan.Found::new)
                .orElseGet(Scan.Nothing::new);
    }

    /** All QR codes and one DataMatrix, of the picture as it is. */
    private static Set<ScannedCode> all(Greyscale picture) {
        BinaryBitmap bitmap = new BinaryBitmap(new HybridBinarizer(picture.source()));
        Stream<ScannedCode> several;
        try {
            several = Stream.of(new QRCodeMultiReader().decodeMultiple(bitmap, HINTS))
                    .map(result -> new ScannedCode(Symbology.QR_CODE, result.getText()));
        } catch (NotFoundException e) {
            several = Stream.empty();
        }
        return Stream.of(several, qr(bitmap).stream(), dataMatrix(bitmap).stream())
                .flatMap(codes -> codes)
                .collect(Collectors.toSet());
    }

    private static Optional<ScannedCode> climb(Greyscale picture, Deadline deadline) {
        return rungs(picture)
                .takeWhile(rung -> !deadline.isOver())
                .map(rung -> read(rung.get(), deadline))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** Lazily: most pictures are read on an early rung. */
    private static Stream<Supplier<Greyscale>> rungs(Greyscale picture) {
        boolean small = Math.max(picture.width(), picture.height()) <= DOUBLED_SIDE;
        return Stream.of(
                        List.<Supplier<Greyscale>>of(
                                () -> picture,
                                () -> picture.blurred(1),
                                () -> picture.shrunk(2),
                                () -> picture.blurred(2),
                                () -> picture.sharpened(3),
                                () -> picture.sharpened(6)),
                        small ? List.<Supplier<Greyscale>>of(picture::doubled) : List.<Supplier<Greyscale>>of(),
                        List.<Supplier<Greyscale>>of(
                                () -> picture.blurred(3),
                                picture::inverted,
                                () -> picture.inverted().blurred(2)))
                .flatMap(List::stream);
    }

    private static Optional<ScannedCode> read(Greyscale picture, Deadline deadline) {
        return Stream.<Supplier<Binarizer>>of(
                        () -> new HybridBinarizer(picture.source()),
                        () -> new GlobalHistogramBinarizer(picture.source()))
                .takeWhile(binarizer -> !deadline.isOver())
                .map(binarizer -> new BinaryBitmap(binarizer.get()))
                .map(bitmap -> qr(bitmap).or(() -> dataMatrix(bitmap)).or(() -> tilted(bitmap, deadline)))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static Optional<ScannedCode> qr(BinaryBitmap bitmap) {
        return read(new QRCodeReader(), Symbology.QR_CODE, bitmap);
    }

    private static Optional<ScannedCode> dataMatrix(BinaryBitmap bitmap) {
        return read(new DataMatrixReader(), Symbology.DATA_MATRIX, bitmap);
    }

    private static Optional<ScannedCode> tilted(BinaryBitmap bitmap, Deadline deadline) {
        try {
            return new TiltedQrReader(bitmap.getBlackMatrix(), deadline::isOver).read();
        } catch (NotFoundException e) {
            return Optional.empty();
        }
    }

    private static Optional<ScannedCode> read(Reader reader, Symbology symbology, BinaryBitmap bitmap) {
        try {
            Result result = reader.decode(bitmap, HINTS);
            return Optional.of(new ScannedCode(symbology, result.getText()));
        } catch (NotFoundException | ChecksumException | FormatException e) {
            return Optional.empty();
        }
    }

    private record Deadline(long endNanos) {
        Deadline(Duration limit) {
            this(System.nanoTime() + limit.toNanos());
        }

        boolean isOver() {
            return System.nanoTime() - endNanos >= 0;
        }
    }
}
