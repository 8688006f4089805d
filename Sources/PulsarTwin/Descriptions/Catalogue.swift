/// The telescopes and pulsars that are known by name: the texts of `examples/telescopes` and `examples/pulsars`, to the byte, so that an
/// installed program needs no other files.
public enum Catalogue {
    public static let telescopes: [String: String] = [
        "effelsberg": """
            # The 100 m telescope at Effelsberg, L-band, as the frames of ML-PPA have it.
            name: Effelsberg
            low: 1210                       # MHz, edges of the band
            high: 1530
            channels: 256
            sampling_time: 102.4e-6         # s
            polarisations: 2
            gain: 1.5                       # K/Jy
            receiver_temperature: 16        # K
            spillover_temperature: 5        # K
            zenith_opacity: 0.01
            atmosphere_temperature: 275     # K
            elevation: 50                   # degrees
            antennas: 1
            beam: 9.4                       # arcmin at 1400 MHz, full width at half power
            dish_beam: 9.4
            bits: 8
            ripple: 0.03                    # of the bandpass
            ripple_period: 40               # MHz
            edge: 6                         # MHz over which the band's ends fall off
            allocations:                    # MHz; where transmitters are
              - {low: 1215, high: 1240, name: navigation satellites L2 and radar}
              - {low: 1240, high: 1280, name: radar}
              - {low: 1375, high: 1387, name: GPS L3}
              - {low: 1525, high: 1530, name: Inmarsat}

            """,
        "meerkat": """
            # MeerKAT, L-band, 64 dishes in phase. SARAO's page of interference names the bands.
            name: MeerKAT
            low: 856                        # MHz, edges of the band
            high: 1712
            channels: 1024
            sampling_time: 153.12149532710282e-6  # s, 131072 / 856 MHz
            polarisations: 2
            gain: 2.8                       # K/Jy
            receiver_temperature: 8         # K
            spillover_temperature: 4        # K
            zenith_opacity: 0.01
            atmosphere_temperature: 275     # K
            elevation: 50                   # degrees
            antennas: 64
            beam: 0.7                       # arcmin at 1400 MHz, full width at half power, of the core's tied beam
            dish_beam: 60
            bits: 8
            ripple: 0.02                    # of the bandpass
            ripple_period: 25               # MHz
            edge: 40                        # MHz over which the band's ends fall off
            allocations:                    # MHz; where transmitters are
              - {low: 925, high: 960, name: GSM}
              - {low: 962, high: 1213, name: aircraft DME}
              - {low: 1166, high: 1186, name: GPS L5}
              - {low: 1217, high: 1237, name: GPS L2}
              - {low: 1242, high: 1249, name: GLONASS L2}
              - {low: 1375, high: 1387, name: GPS L3}
              - {low: 1526, high: 1554, name: Inmarsat}
              - {low: 1565, high: 1610, name: GPS and GLONASS L1}
              - {low: 1616, high: 1626, name: Iridium}

            """,
    ]

    public static let pulsars: [String: String] = [
        "b0329+54": """
            # B0329+54: bright, nine components, nulls and modes.
            # Timing from the ATNF catalogue (as in PRESTO's copy). Geometry, beam and energies are round numbers that give about the pulse seen at 1.4 GHz.
            name: B0329+54
            right_ascension: 033259.41       # HHMMSS.S
            declination: 543443.3          # DDMMSS.S
            frequency: 1.399541538720             # Hz
            frequency_derivative: -4.01197e-15  # Hz/s
            epoch: 46473                 # MJD of the frequency
            dispersion_measure: 26.7641    # pc/cm^3
            rotation_measure: -64.3      # rad/m^2
            flux: 203                  # mJy at 1400 MHz, mean over the period
            spectral_index: -1.6
            sky_temperature: 25       # K at 408 MHz, without the nebula
            scattering:
              time: 0.1e-6                # s at 1 GHz
              index: -4.4
            scintillation:
              bandwidth: 5           # MHz at 1 GHz, half width at half maximum
              time: 400                # s at 1 GHz
            geometry:
              inclination: 30         # degrees, magnetic axis from the spin's
              impact: 2              # degrees, line of sight from the magnetic axis
              linear: 0.15              # share of the intensity
              circular: 0.05
            beam:
              core: 1                # height; its width in degrees
              core_width: 1.5
              cones: [5.5]               # degrees from the magnetic axis; their heights
              cone_heights: [0.5]
              cone_width: 0.8
              sparks: 9              # on each cone; 0 for steady cones
              spark_contrast: 0.6
              circulation: 10         # rotations in which the sparks go round once
            energy:
              spread: 0.5              # of the natural logarithm
              null_share: 0.0025
              null_length: 3         # rotations

            """,
        "b0950+08": """
            # B0950+08: near, with a broad pulse and a weak interpulse.
            # Timing from the ATNF catalogue (as in PRESTO's copy). Geometry, beam and energies are round numbers that give about the pulse seen at 1.4 GHz.
            name: B0950+08
            right_ascension: 095309.31       # HHMMSS.S
            declination: 075535.8          # DDMMSS.S
            frequency: 3.951547269             # Hz
            frequency_derivative: -3.58762e-15  # Hz/s
            epoch: 46375                 # MJD of the frequency
            dispersion_measure: 2.96927    # pc/cm^3
            rotation_measure: -0.66      # rad/m^2
            flux: 100                  # mJy at 1400 MHz, mean over the period
            spectral_index: -1.1
            sky_temperature: 17       # K at 408 MHz, without the nebula
            scattering:
              time: 0.001e-6                # s at 1 GHz
              index: -4.4
            scintillation:
              bandwidth: 100           # MHz at 1 GHz, half width at half maximum
              time: 1500                # s at 1 GHz
            geometry:
              inclination: 20         # degrees, magnetic axis from the spin's
              impact: 5              # degrees, line of sight from the magnetic axis
              linear: 0.3              # share of the intensity
              circular: 0.05
            beam:
              core: 0.2                # height; its width in degrees
              core_width: 2
              cones: [7]               # degrees from the magnetic axis; their heights
              cone_heights: [1]
              cone_width: 2
              sparks: 12              # on each cone; 0 for steady cones
              spark_contrast: 0.5
              circulation: 6.5         # rotations in which the sparks go round once
            energy:
              spread: 0.8              # of the natural logarithm
              null_share: 0.05
              null_length: 2         # rotations
            interpulse:
              share: 0.015            # of the energy
              phase: 0.42             # of the period

            """,
        "b1133+16": """
            # B1133+16: two components, nulls, strong scintillation.
            # Timing from the ATNF catalogue (as in PRESTO's copy). Geometry, beam and energies are round numbers that give about the pulse seen at 1.4 GHz.
            name: B1133+16
            right_ascension: 113603.12       # HHMMSS.S
            declination: 155114.2          # DDMMSS.S
            frequency: 0.84180946             # Hz
            frequency_derivative: -2.645977e-15  # Hz/s
            epoch: 46407                 # MJD of the frequency
            dispersion_measure: 4.8407    # pc/cm^3
            rotation_measure: 1.1      # rad/m^2
            flux: 20                  # mJy at 1400 MHz, mean over the period
            spectral_index: -2.0
            sky_temperature: 15       # K at 408 MHz, without the nebula
            scattering:
              time: 0.001e-6                # s at 1 GHz
              index: -4.4
            scintillation:
              bandwidth: 50           # MHz at 1 GHz, half width at half maximum
              time: 200                # s at 1 GHz
            geometry:
              inclination: 46         # degrees, magnetic axis from the spin's
              impact: 4              # degrees, line of sight from the magnetic axis
              linear: 0.3              # share of the intensity
              circular: 0.05
            beam:
              core: 0                # height; its width in degrees
              core_width: 1
              cones: [5.5]               # degrees from the magnetic axis; their heights
              cone_heights: [1]
              cone_width: 0.9
              sparks: 14              # on each cone; 0 for steady cones
              spark_contrast: 0.8
              circulation: 33         # rotations in which the sparks go round once
            energy:
              spread: 0.8              # of the natural logarithm
              null_share: 0.15
              null_length: 5         # rotations

            """,
        "b1937+21": """
            # B1937+21: 642 turns a second, main pulse and interpulse.
            # Timing from the ATNF catalogue (as in PRESTO's copy). Geometry, beam and energies are round numbers that give about the pulse seen at 1.4 GHz.
            name: B1937+21
            right_ascension: 193938.56       # HHMMSS.S
            declination: 213459.1          # DDMMSS.S
            frequency: 641.928222128             # Hz
            frequency_derivative: -4.330987e-14  # Hz/s
            epoch: 47500                 # MJD of the frequency
            dispersion_measure: 71.01515    # pc/cm^3
            rotation_measure: 8.3      # rad/m^2
            flux: 13.9                  # mJy at 1400 MHz, mean over the period
            spectral_index: -2.3
            sky_temperature: 170       # K at 408 MHz, without the nebula
            scattering:
              time: 1.0e-6                # s at 1 GHz
              index: -4.4
            scintillation:
              bandwidth: 0.4           # MHz at 1 GHz, half width at half maximum
              time: 200                # s at 1 GHz
            geometry:
              inclination: 75         # degrees, magnetic axis from the spin's
              impact: 3              # degrees, line of sight from the magnetic axis
              linear: 0.4              # share of the intensity
              circular: 0.05
            beam:
              core: 1                # height; its width in degrees
              core_width: 3
              cones: [7]               # degrees from the magnetic axis; their heights
              cone_heights: [0.3]
              cone_width: 2
              sparks: 0              # on each cone; 0 for steady cones
              spark_contrast: 0
              circulation: 10         # rotations in which the sparks go round once
            energy:
              spread: 0.3              # of the natural logarithm
              null_share: 0
              null_length: 1         # rotations
            interpulse:
              share: 0.4              # of the energy
              phase: 0.52             # of the period

            """,
        "crab": """
            # The Crab pulsar, its giant pulses, and its nebula, which outshines any receiver.
            # Timing from the ATNF catalogue (as in PRESTO's copy). Geometry, beam and energies are round numbers that give about the pulse seen at 1.4 GHz.
            name: B0531+21
            right_ascension: 053431.97       # HHMMSS.S
            declination: 220052.1          # DDMMSS.S
            frequency: 29.9469230             # Hz
            frequency_derivative: -3.77535e-10  # Hz/s
            epoch: 48442.5                 # MJD of the frequency
            dispersion_measure: 56.7712    # pc/cm^3
            rotation_measure: -45.4      # rad/m^2
            flux: 14                  # mJy at 1400 MHz, mean over the period
            spectral_index: -3.1
            sky_temperature: 35       # K at 408 MHz, without the nebula
            scattering:
              time: 3.0e-6                # s at 1 GHz
              index: -4.4
            scintillation:
              bandwidth: 0.5           # MHz at 1 GHz, half width at half maximum
              time: 20                # s at 1 GHz
            geometry:
              inclination: 60         # degrees, magnetic axis from the spin's
              impact: 2              # degrees, line of sight from the magnetic axis
              linear: 0.3              # share of the intensity
              circular: 0.03
            beam:
              core: 0.3                # height; its width in degrees
              core_width: 1
              cones: [2.5]               # degrees from the magnetic axis; their heights
              cone_heights: [1]
              cone_width: 0.8
              sparks: 0              # on each cone; 0 for steady cones
              spark_contrast: 0
              circulation: 10         # rotations in which the sparks go round once
            energy:
              spread: 0.5              # of the natural logarithm
              null_share: 0
              null_length: 1         # rotations
            interpulse:
              share: 0.3              # of the energy
              phase: 0.403            # of the period
            giant:
              rate: 0.003             # in a rotation
              index: 3.1              # of the cumulative distribution of energies
              smallest: 10            # mean energies
              width: 5.0e-6           # s, standard deviation
            nebula:
              flux: 955               # Jy at 1 GHz
              index: -0.27
              size: 5.5               # arcmin

            """,
        "j0437-4715": """
            # J0437-4715: the nearest and brightest of the millisecond pulsars.
            # Timing from the ATNF catalogue (as in PRESTO's copy). Geometry, beam and energies are round numbers that give about the pulse seen at 1.4 GHz.
            name: J0437-4715
            right_ascension: 043715.88       # HHMMSS.S
            declination: -471509.0          # DDMMSS.S
            frequency: 173.6879456649             # Hz
            frequency_derivative: -1.72836e-15  # Hz/s
            epoch: 55486                 # MJD of the frequency
            dispersion_measure: 2.64539    # pc/cm^3
            rotation_measure: 0.6      # rad/m^2
            flux: 150.2                  # mJy at 1400 MHz, mean over the period
            spectral_index: -1.04
            sky_temperature: 18       # K at 408 MHz, without the nebula
            scattering:
              time: 0.001e-6                # s at 1 GHz
              index: -4.4
            scintillation:
              bandwidth: 60           # MHz at 1 GHz, half width at half maximum
              time: 600                # s at 1 GHz
            geometry:
              inclination: 35         # degrees, magnetic axis from the spin's
              impact: -6              # degrees, line of sight from the magnetic axis
              linear: 0.25              # share of the intensity
              circular: 0.1
            beam:
              core: 2                # height; its width in degrees
              core_width: 3
              cones: [12, 24]               # degrees from the magnetic axis; their heights
              cone_heights: [0.5, 0.2]
              cone_width: 4
              sparks: 0              # on each cone; 0 for steady cones
              spark_contrast: 0
              circulation: 10         # rotations in which the sparks go round once
            energy:
              spread: 0.3              # of the natural logarithm
              null_share: 0
              null_length: 1         # rotations

            """,
        "vela": """
            # The Vela pulsar: one narrow, strongly polarised pulse.
            # Timing from the ATNF catalogue (as in PRESTO's copy). Geometry, beam and energies are round numbers that give about the pulse seen at 1.4 GHz.
            name: B0833-45
            right_ascension: 083520.61       # HHMMSS.S
            declination: -451034.9          # DDMMSS.S
            frequency: 11.1946499395             # Hz
            frequency_derivative: -1.5666e-11  # Hz/s
            epoch: 51559.319                 # MJD of the frequency
            dispersion_measure: 67.771    # pc/cm^3
            rotation_measure: 31.4      # rad/m^2
            flux: 1050                  # mJy at 1400 MHz, mean over the period
            spectral_index: -1.25
            sky_temperature: 60       # K at 408 MHz, without the nebula
            scattering:
              time: 3.0e-6                # s at 1 GHz
              index: -4.4
            scintillation:
              bandwidth: 0.05           # MHz at 1 GHz, half width at half maximum
              time: 10                # s at 1 GHz
            geometry:
              inclination: 45         # degrees, magnetic axis from the spin's
              impact: -4              # degrees, line of sight from the magnetic axis
              linear: 0.9              # share of the intensity
              circular: -0.1
            beam:
              core: 0.3                # height; its width in degrees
              core_width: 1.5
              cones: [5]               # degrees from the magnetic axis; their heights
              cone_heights: [1]
              cone_width: 1.5
              sparks: 0              # on each cone; 0 for steady cones
              spark_contrast: 0
              circulation: 10         # rotations in which the sparks go round once
            energy:
              spread: 0.3              # of the natural logarithm
              null_share: 0
              null_length: 1         # rotations

            """,
    ]
}
