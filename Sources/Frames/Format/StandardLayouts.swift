/// The structures of format version 8 (LIGO-T970130, section 4): what the writer's dictionary says, and how the reader starts.
enum StandardLayouts {
    static let structureHeader = layout("FrSH", "name STRING; class INT_2U; comment STRING; chkSum INT_4U")
    static let structureElement = layout("FrSE", "name STRING; class STRING; comment STRING; chkSum INT_4U")

    static let frameHeader = layout(
        "FrameH",
        """
        name STRING; run INT_4S; frame INT_4U; dataQuality INT_4U; GTimeS INT_4U; GTimeN INT_4U; ULeapS INT_2U; dt REAL_8;
        type PTR_STRUCT(FrVect *); user PTR_STRUCT(FrVect *); detectSim PTR_STRUCT(FrDetector *); detectProc PTR_STRUCT(FrDetector *);
        history PTR_STRUCT(FrHistory *); rawData PTR_STRUCT(FrRawData *); procData PTR_STRUCT(FrProcData *);
        simData PTR_STRUCT(FrSimData *); event PTR_STRUCT(FrEvent *); simEvent PTR_STRUCT(FrSimEvent *);
        summaryData PTR_STRUCT(FrSummary *); auxData PTR_STRUCT(FrVect *); auxTable PTR_STRUCT(FrTable *); chkSum INT_4U
        """)
    static let detector = layout(
        "FrDetector",
        """
        name STRING; prefix CHAR[2]; longitude REAL_8; latitude REAL_8; elevation REAL_4; armXazimuth REAL_4; armYazimuth REAL_4;
        armXaltitude REAL_4; armYaltitude REAL_4; armXmidpoint REAL_4; armYmidpoint REAL_4; localTime INT_4S;
        aux PTR_STRUCT(FrVect *); table PTR_STRUCT(FrTable *); next PTR_STRUCT(FrDetector *); chkSum INT_4U
        """)
    static let history = layout("FrHistory", "name STRING; time INT_4U; comment STRING; next PTR_STRUCT(FrHistory *); chkSum INT_4U")
    static let rawData = layout(
        "FrRawData",
        """
        name STRING; firstSer PTR_STRUCT(FrSerData *); firstAdc PTR_STRUCT(FrAdcData *); firstTable PTR_STRUCT(FrTable *);
        logMsg PTR_STRUCT(FrMsg *); more PTR_STRUCT(FrVect *); chkSum INT_4U
        """)
    static let adcData = layout(
        "FrAdcData",
        """
        name STRING; comment STRING; channelGroup INT_4U; channelNumber INT_4U; nBits INT_4U; bias REAL_4; slope REAL_4; units STRING;
        sampleRate REAL_8; timeOffset REAL_8; fShift REAL_8; phase REAL_4; dataValid INT_2U; data PTR_STRUCT(FrVect *);
        aux PTR_STRUCT(FrVect *); next PTR_STRUCT(FrAdcData *); chkSum INT_4U
        """)
    static let processedData = layout(
        "FrProcData",
        """
        name STRING; comment STRING; type INT_2U; subType INT_2U; timeOffset REAL_8; tRange REAL_8; fShift REAL_8; phase REAL_4;
        fRange REAL_8; BW REAL_8; nAuxParam INT_2U; auxParam REAL_8[nAuxParam]; auxParamNames STRING[nAuxParam];
        data PTR_STRUCT(FrVect *); aux PTR_STRUCT(FrVect *); table PTR_STRUCT(FrTable *); history PTR_STRUCT(FrHistory *);
        next PTR_STRUCT(FrProcData *); chkSum INT_4U
        """)
    static let simulatedData = layout(
        "FrSimData",
        """
        name STRING; comment STRING; sampleRate REAL_8; timeOffset REAL_8; fShift REAL_8; phase REAL_4; data PTR_STRUCT(FrVect *);
        input PTR_STRUCT(FrVect *); table PTR_STRUCT(FrTable *); next PTR_STRUCT(FrSimData *); chkSum INT_4U
        """)
    static let vector = layout(
        "FrVect",
        """
        name STRING; compress INT_2U; type INT_2U; nData INT_8U; nBytes INT_8U; data CHAR[nBytes]; nDim INT_4U; nx INT_8U[nDim];
        dx REAL_8[nDim]; startX REAL_8[nDim]; unitX STRING[nDim]; unitY STRING; next PTR_STRUCT(FrVect *); chkSum INT_4U
        """)
    static let endOfFrame = layout("FrEndOfFrame", "run INT_4S; frame INT_4U; GTimeS INT_4U; GTimeN INT_4U; chkSum INT_4U")
    static let contents = layout(
        "FrTOC",
        """
        ULeapS INT_2S; nFrame INT_4U; dataQuality INT_4U[nFrame]; GTimeS INT_4U[nFrame]; GTimeN INT_4U[nFrame]; dt REAL_8[nFrame];
        runs INT_4S[nFrame]; frame INT_4U[nFrame]; positionH INT_8U[nFrame]; nFirstADC INT_8U[nFrame]; nFirstSer INT_8U[nFrame];
        nFirstTable INT_8U[nFrame]; nFirstMsg INT_8U[nFrame]; nSH INT_4U; SHid INT_2U[nSH]; SHname STRING[nSH]; nDetector INT_4U;
        nameDetector STRING[nDetector]; positionDetector INT_8U[nDetector]; nStatType INT_4U; nameStat STRING[nStatType];
        detector STRING[nStatType]; nStatInstance INT_4U[nStatType]; nTotalStat INT_4U; tStart INT_4U[nTotalStat];
        tEnd INT_4U[nTotalStat]; version INT_4U[nTotalStat]; positionStat INT_8U[nTotalStat]; nADC INT_4U; name STRING[nADC];
        channelID INT_4U[nADC]; groupID INT_4U[nADC]; positionADC INT_8U[nADC][nFrame]; nProc INT_4U; nameProc STRING[nProc];
        positionProc INT_8U[nProc][nFrame]; nSim INT_4U; nameSim STRING[nSim]; positionSim INT_8U[nSim][nFrame]; nSer INT_4U;
        nameSer STRING[nSer]; positionSer INT_8U[nSer][nFrame]; nSummary INT_4U; nameSum STRING[nSummary];
        positionSum INT_8U[nSummary][nFrame]; nEventType INT_4U; nameEvent STRING[nEventType]; nEvent INT_4U[nEventType];
        nTotalEvent INT_4U; GTimeSEvent INT_4U[nTotalEvent]; GTimeNEvent INT_4U[nTotalEvent]; amplitudeEvent REAL_4[nTotalEvent];
        positionEvent INT_8U[nTotalEvent]; nSimEventType INT_4U; nameSimEvent STRING[nSimEventType];
        nSimEvent INT_4U[nSimEventType]; nTotalSEvent INT_4U; GTimeSSim INT_4U[nTotalSEvent]; GTimeNSim INT_4U[nTotalSEvent];
        amplitudeSimEvent REAL_4[nTotalSEvent]; positionSimEvent INT_8U[nTotalSEvent]; chkSum INT_4U
        """)
    static let endOfFile = layout(
        "FrEndOfFile", "nFrames INT_4U; nBytes INT_8U; seekTOC INT_8U; chkSumFrHeader INT_4U; chkSum INT_4U; chkSumFile INT_4U")

    private static func layout(_ name: String, _ text: String) -> StructureLayout {
        var layout = StructureLayout(name: name)
        for entry in text.split(whereSeparator: { $0 == ";" || $0 == "\n" }) {
            let words = entry.split(separator: " ", maxSplits: 1)
            guard words.count == 2 else { continue }
            let added = layout.add(String(words[0]), String(words[1]))
            precondition(added, "\(name): \(entry)")
        }
        return layout
    }
}
